using System.Text.Json;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.Checkpoints;

/// <summary>Sharded weights as one file, by the index (<c>model.safetensors.index.json</c>), whose <c>weight_map</c> maps tensors to files.</summary>
public sealed class ShardedTensors : ITensorFile
{
    private readonly Dictionary<string, ITensorFile> _shards;
    private readonly Dictionary<string, (ITensorFile Shard, StoredTensor Tensor)> _tensors = new(StringComparer.Ordinal);

    private ShardedTensors(string path, Dictionary<string, ITensorFile> shards)
    {
        Path = path;
        _shards = shards;
    }

    public string Path { get; }

    public IEnumerable<StoredTensor> All => _tensors.Values.Select(entry => entry.Tensor);

    /// <exception cref="BundleException">Not such an index, or the shards do not match it; the exception lists every fault.</exception>
    public static ShardedTensors Open(string path)
    {
        var map = WeightMap(path);
        var shards = new Dictionary<string, ITensorFile>(StringComparer.Ordinal);
        var faults = new List<BundleFault>();
        foreach (var name in map.Values.Distinct().Order(StringComparer.Ordinal))
        {
            try
            {
                shards.Add(name, TensorFile.Open(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, name)));
            }
            catch (BundleException e)
            {
                faults.AddRange(e.Faults);
            }
        }
        var all = new ShardedTensors(path, shards);
        // Without all shards, the contents cannot be compared with the index.
        if (faults.Count == 0)
        {
            faults.AddRange(all.Collect(map));
        }
        if (faults.Count > 0)
        {
            all.Dispose();
            throw new BundleException(faults);
        }
        return all;
    }

    public void Read(StoredTensor tensor, Span<byte> destination)
    {
        var (shard, own) = _tensors[tensor.Name];
        shard.Read(own, destination);
    }

    public void Dispose()
    {
        foreach (var shard in _shards.Values)
        {
            shard.Dispose();
        }
    }

    private static Dictionary<string, string> WeightMap(string path)
    {
        if (!JsonFile.ReadObject(path).TryGetProperty("weight_map", out var entries) || entries.ValueKind != JsonValueKind.Object)
        {
            throw new BundleException(path, "not an index of shards: weight_map is missing or not an object");
        }
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in entries.EnumerateObject())
        {
            // A shard must be in the index's folder: a path could lead anywhere.
            map.Add(entry.Name, entry.Value.ValueKind == JsonValueKind.String && entry.Value.GetString() is { Length: > 0 } file
                && file == System.IO.Path.GetFileName(file) && file is not ("." or "..") && !file.EndsWith(".json", StringComparison.Ordinal)
                ? file
                : throw new BundleException(path, $"weight_map names {entry.Value.GetRawText()} for tensor {entry.Name}: not a file in its folder"));
        }
        return map.Count > 0 ? map : throw new BundleException(path, "weight_map is empty");
    }

    private List<BundleFault> Collect(Dictionary<string, string> map)
    {
        var (faults, index) = (new List<BundleFault>(), System.IO.Path.GetFileName(Path));
        foreach (var (name, shard) in _shards)
        {
            foreach (var tensor in shard.All)
            {
                if (map.GetValueOrDefault(tensor.Name) == name)
                {
                    _tensors.Add(tensor.Name, (shard, tensor));
                }
                else
                {
                    faults.Add(new BundleFault(shard.Path, $"tensor {tensor.Name} is not mapped to this file by weight_map of {index}"));
                }
            }
        }
        faults.AddRange(map.Where(entry => !_tensors.ContainsKey(entry.Key)).Select(entry =>
            new BundleFault(_shards[entry.Value].Path, $"tensor {entry.Key} is missing, but weight_map of {index} maps it to this file")));
        return faults;
    }
}
