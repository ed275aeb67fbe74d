using System.Text.Json;

namespace MedMoE.Mesh.Bundle;

/// <summary>A Hugging Face <c>config.json</c>: read with Hugging Face's defaults. Faults are collected until <see cref="ThrowOnFaults"/>.</summary>
public sealed class ConfigFile
{
    /// <summary>Least epsilon accepted. It is added to a variance that may be 0; a smaller one is lost in float32 and gives NaN.</summary>
    public const double LeastEpsilon = 1e-15;

    private readonly string _path;
    private readonly JsonElement _root;
    private readonly List<BundleFault> _faults = [];

    private ConfigFile(string path, JsonElement root)
    {
        _path = path;
        _root = root;
    }

    /// <summary>Like <see cref="Read"/>, but a missing file counts as an empty object.</summary>
    public static ConfigFile ReadIfThere(string path) => File.Exists(path) ? Read(path) : new ConfigFile(path, JsonElement.Parse("{}"));

    public static ConfigFile Read(string path) => new(path, JsonFile.ReadObject(path));

    public IEnumerable<JsonProperty> Properties => _root.EnumerateObject();

    /// <summary>The setting, or null when it is absent or null.</summary>
    public JsonElement? Element(string name) =>
        _root.TryGetProperty(name, out var element) && element.ValueKind != JsonValueKind.Null ? element : null;

    public bool IsNull(string name) => _root.TryGetProperty(name, out var element) && element.ValueKind == JsonValueKind.Null;

    public void Fault(string reason) => _faults.Add(new BundleFault(_path, reason));

    public void ThrowOnFaults()
    {
        if (_faults.Count > 0)
        {
            throw new BundleException(_faults);
        }
    }

    /// <summary>Adds a fault if the setting is present with another value than <paramref name="supported"/>.</summary>
    public void Require(string name, string supported)
    {
        if (_root.TryGetProperty(name, out var value) && value.ToString() != supported)
        {
            Fault($"{name} is {value.GetRawText()}, only {supported} is supported");
        }
    }

    /// <summary>Adds a fault if the setting is present and is not an empty list or object.</summary>
    public void RequireEmpty(string name)
    {
        if (_root.TryGetProperty(name, out var value) && !(value.ValueKind switch
        {
            JsonValueKind.Array => value.GetArrayLength() == 0,
            JsonValueKind.Object => value.GetPropertyCount() == 0,
            _ => value.ValueKind == JsonValueKind.Null,
        }))
        {
            Fault($"{name} is {value.GetRawText()}, which is not supported");
        }
    }

    public void RequireFalse(string name)
    {
        if (Bool(name, false))
        {
            Fault($"{name} is true, which is not supported");
        }
    }

    /// <summary>An integer from 1 to <paramref name="most"/>. A network is created before its weights are read and must fit into memory.</summary>
    public int Int(string name, int absent, int most) => Value(name, absent, $"an integer from 1 to {most}", element => PositiveInt(element, most));

    /// <summary>The side of a square, given as one number or as two equal numbers.</summary>
    public int Side(string name, int absent, int most) => Value(name, absent, $"an integer from 1 to {most}, or two equal ones", element =>
        element.ValueKind != JsonValueKind.Array ? PositiveInt(element, most)
        : element.EnumerateArray().Select(e => PositiveInt(e, most)).Distinct().ToArray() is [var side] ? side : null);

    public double Double(string name, double absent, double least, double most) => Value(
        name, absent, FormattableString.Invariant($"a number from {least} to {most}"), element =>
            element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var v) && v >= least && v <= most ? v : (double?)null);

    public bool Bool(string name, bool absent) => Value(name, absent, "true or false", element =>
        element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean() : (bool?)null);

    public int[] Ints(string name, int[] absent, int most)
    {
        if (!_root.TryGetProperty(name, out var element))
        {
            return absent;
        }
        int?[] values = element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray().Select(e => PositiveInt(e, most))] : [null];
        if (values.Contains(null))
        {
            Fault($"{name} is {element.GetRawText()}, expected integers from 1 to {most}");
            return absent;
        }
        return [.. values.Select(v => v!.Value)];
    }

    private static int? PositiveInt(JsonElement element, int most) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) && value > 0 && value <= most ? value : null;

    private T Value<T>(string name, T absent, string expected, Func<JsonElement, T?> read)
        where T : struct
    {
        if (!_root.TryGetProperty(name, out var element))
        {
            return absent;
        }
        if (read(element) is { } value)
        {
            return value;
        }
        Fault($"{name} is {element.GetRawText()}, expected {expected}");
        return absent;
    }
}
