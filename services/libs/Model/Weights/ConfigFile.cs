using System.Text.Json;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Model.Weights;

/// <summary>A Hugging Face <c>config.json</c>: typed reads with Hugging Face's defaults, faults collected until asked for.</summary>
internal sealed class ConfigFile
{
    private readonly string _path;
    private readonly JsonElement _root;
    private readonly List<BundleFault> _faults = [];

    private ConfigFile(string path, JsonElement root)
    {
        _path = path;
        _root = root;
    }

    /// <summary>Like <see cref="Read"/>, but a file that is not there says nothing.</summary>
    public static ConfigFile ReadIfThere(string path) => File.Exists(path) ? Read(path) : new ConfigFile(path, JsonElement.Parse("{}"));

    public static ConfigFile Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            RequireText(document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigFile(path, document.RootElement.Clone())
                : throw new BundleException(path, "not a JSON object");
        }
        catch (InvalidOperationException e)
        {
            throw new BundleException(path, $"text that is not Unicode: {e.Message.ReplaceLineEndings(" ")}");
        }
        catch (JsonException e)
        {
            throw new BundleException(path, $"not JSON: {e.Message.ReplaceLineEndings(" ")}");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BundleException(path, "no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException(path, e.Message);
        }
    }

    /// <summary>Every setting in its order.</summary>
    public IEnumerable<JsonProperty> Properties => _root.EnumerateObject();

    /// <summary>A setting; null where it is absent or null.</summary>
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

    /// <summary>A value that only <paramref name="supported"/> is built for; absent counts as that.</summary>
    public void Require(string name, string supported)
    {
        if (_root.TryGetProperty(name, out var value) && value.ToString() != supported)
        {
            Fault($"{name} is {value.GetRawText()}, only {supported} is supported");
        }
    }

    public void RequireFalse(string name)
    {
        if (Bool(name, false))
        {
            Fault($"{name} is true, which is not supported");
        }
    }

    /// <summary>A whole number of 1 to <paramref name="most"/>: a network is made before its weights are read, and must fit into memory.</summary>
    public int Int(string name, int absent, int most) => Value(name, absent, $"a whole number of 1 to {most}", element => PositiveInt(element, most));

    /// <summary>A side of a square, given as a number or as two equal ones.</summary>
    public int Side(string name, int absent, int most) => Value(name, absent, $"a whole number of 1 to {most}, or twice the same", element =>
        element.ValueKind != JsonValueKind.Array ? PositiveInt(element, most)
        : element.EnumerateArray().Select(e => PositiveInt(e, most)).Distinct().ToArray() is [var side] ? side : null);

    /// <summary>A number of 0 to <paramref name="most"/>.</summary>
    public double Double(string name, double absent, double most) => Value(name, absent, FormattableString.Invariant($"a number of 0 to {most}"), element =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var v) && v >= 0 && v <= most ? v : (double?)null);

    public bool Bool(string name, bool absent) => Value(name, absent, "true or false", element =>
        element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean() : (bool?)null);

    /// <summary>Whole numbers of 1 to <paramref name="most"/>.</summary>
    public int[] Ints(string name, int[] absent, int most)
    {
        if (!_root.TryGetProperty(name, out var element))
        {
            return absent;
        }
        int?[] values = element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray().Select(e => PositiveInt(e, most))] : [null];
        if (values.Contains(null))
        {
            Fault($"{name} is {element.GetRawText()}, expected whole numbers of 1 to {most}");
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

    /// <summary>The parser lets bytes that are not UTF-8 and halves of surrogate pairs through, and throws when such text is asked for.</summary>
    private static void RequireText(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    RequireText(item);
                }
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    RequireText(property.Value);
                }
                break;
        }
    }
}
