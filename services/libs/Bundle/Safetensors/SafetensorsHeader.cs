using System.Text.Json;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.Safetensors;

/// <summary>The checked JSON header of a safetensors file: every data byte belongs to exactly one tensor.</summary>
internal sealed record SafetensorsHeader(IReadOnlyDictionary<string, SafetensorsTensor> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    private const string MetadataKey = "__metadata__";

    public static SafetensorsHeader Parse(string path, byte[] json, long dataLength)
    {
        var tensors = new Dictionary<string, SafetensorsTensor>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataKey)
                {
                    foreach (var entry in property.Value.EnumerateObject())
                    {
                        metadata.Add(entry.Name, entry.Value.GetString()!);
                    }
                    continue;
                }
                tensors.Add(property.Name, ParseTensor(path, property.Name, property.Value));
            }
        }
        catch (JsonException e)
        {
            throw new BundleException(path, $"not a safetensors file: bad header: {JsonFault.Of(e)}");
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new BundleException(path, "not a safetensors file: bad header: not an object of dtype, shape and data_offsets by tensor");
        }
        CheckLayout(path, tensors.Values, dataLength);
        return new SafetensorsHeader(tensors, metadata);
    }

    private static SafetensorsTensor ParseTensor(string path, string name, JsonElement entry)
    {
        var dtypeName = entry.GetProperty("dtype").GetString();
        if (!Enum.TryParse<SafetensorsDType>(dtypeName, out var dtype) || !Enum.IsDefined(dtype) || char.IsDigit(dtypeName![0]))
        {
            throw new BundleException(path, $"tensor {name}: unknown dtype {dtypeName}");
        }
        long[] shape = [.. entry.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())];
        long[] offsets = [.. entry.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt64())];
        if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || shape.Any(d => d < 0))
        {
            throw new BundleException(path, $"tensor {name}: bad shape {Shapes.Text(shape)} or data_offsets {Shapes.Text(offsets)}");
        }
        var length = offsets[1] - offsets[0];
        if (ByteSize(shape, dtype) is not { } expected || expected != length)
        {
            throw new BundleException(path, $"tensor {name}: {dtype} {Shapes.Text(shape)} does not fit its {length} bytes");
        }
        return new SafetensorsTensor(name, dtype, shape, offsets[0], length);
    }

    /// <summary>Size of a tensor in bytes, or null if it does not fit a long.</summary>
    private static long? ByteSize(long[] shape, SafetensorsDType dtype)
    {
        var size = (Int128)dtype.Size();
        foreach (var dimension in shape)
        {
            size *= dimension;
            if (size > long.MaxValue)
            {
                return null;
            }
        }
        return (long)size;
    }

    private static void CheckLayout(string path, IEnumerable<SafetensorsTensor> tensors, long dataLength)
    {
        var end = 0L;
        foreach (var tensor in tensors.OrderBy(t => t.Offset).ThenBy(t => t.Length))
        {
            if (tensor.Offset != end)
            {
                throw new BundleException(
                    path, $"tensor {tensor.Name} starts at byte {tensor.Offset} of the data, but the one before it ends at byte {end}: "
                        + (tensor.Offset < end ? "overlap" : "gap"));
            }
            end += tensor.Length;
        }
        if (end != dataLength)
        {
            throw new BundleException(path, end > dataLength
                ? $"truncated: the header describes {end} bytes of data, the file has {dataLength}"
                : $"{dataLength - end} bytes after the last tensor");
        }
    }
}
