using System.Runtime.InteropServices;
using System.Text.Json;
using MedMoE.Mesh.Bundle.Checkpoints;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Bundle.Tensors;
using MedMoE.Mesh.Reference.PyTorch;

namespace MedMoE.Mesh.Bundle.Tests.Checkpoints;

public sealed class ShardedTensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_Shards_ReadAsOne()
    {
        const string first = "model-00001-of-00002.safetensors", second = "model-00002-of-00002.bin";
        WriteShard(first, "a", "b");
        // A shard may be of either format.
        CheckpointWriter.Write(_folder[second], [SavedTensor.Of("c", [1], 'c')]);
        var index = WriteIndex(("a", first), ("b", first), ("c", second));

        using var file = TensorFile.Open(index);

        Assert.Equal(["a", "b", "c"], file.All.Select(t => t.Name).Order());
        foreach (var tensor in file.All)
        {
            var value = new byte[4];
            file.Read(tensor, value);
            Assert.Equal(tensor.Name[0], MemoryMarshal.Read<float>(value));
        }
    }

    [Fact]
    public void Open_ShardsMissing_NamesEach()
    {
        WriteShard("2", "b");
        var e = Assert.Throws<BundleException>(() => TensorFile.Open(WriteIndex(("a", "1.safetensors"), ("b", "2"), ("c", "3.safetensors"))));
        Assert.Equal([$"{_folder["1.safetensors"]}: no such file", $"{_folder["3.safetensors"]}: no such file"], e.Faults.Select(f => f.ToString()));
    }

    [Fact]
    public void Open_ShardsHoldOthers_NamesEachTensor()
    {
        WriteShard("1.safetensors", "a", "extra");
        WriteShard("2.safetensors", "b");
        var index = WriteIndex(("a", "1.safetensors"), ("b", "1.safetensors"), ("gone", "2.safetensors"));
        var e = Assert.Throws<BundleException>(() => TensorFile.Open(index));
        string[] faults = [.. e.Faults.Select(f => f.ToString())];
        Assert.Equal(4, faults.Length);
        Assert.Contains(faults, f => f.StartsWith(_folder["1.safetensors"]) && f.Contains("tensor extra is not mapped to this file by weight_map"));
        Assert.Contains(faults, f => f.StartsWith(_folder["2.safetensors"]) && f.Contains("tensor b is not mapped to this file by weight_map"));
        Assert.Contains(faults, f => f.StartsWith(_folder["1.safetensors"]) && f.Contains("tensor b is missing, but weight_map"));
        Assert.Contains(faults, f => f.StartsWith(_folder["2.safetensors"]) && f.Contains("tensor gone is missing, but weight_map"));
    }

    [Theory]
    [InlineData("""{}""", "weight_map is missing")]
    [InlineData("""[]""", "not a JSON object")]
    [InlineData("""{"weight_map":[]}""", "weight_map is missing or not an object")]
    [InlineData("""{"weight_map":{}}""", "weight_map is empty")]
    [InlineData("""{"weight_map":{"a":7}}""", "weight_map names 7 for tensor a")]
    [InlineData("""{"weight_map":{"a":"../x.safetensors"}}""", "not a file in its folder")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""", "not a file in its folder")]
    [InlineData("""{"weight_map":{"a":".."}}""", "not a file in its folder")]
    [InlineData("""{"weight_map":{"a":"x","a":"y"}}""", "not JSON")]
    [InlineData("""{"weight_map":{"a":"\ud800"}}""", "not valid Unicode")]
    [InlineData("""{"weight_map":{"a":"a.index.json"}}""", "not a file in its folder")]
    public void Open_BadIndex_SaysWhy(string json, string reason)
    {
        File.WriteAllText(_folder["model.safetensors.index.json"], json);
        var e = Assert.Throws<BundleException>(() => TensorFile.Open(_folder["model.safetensors.index.json"]));
        Assert.Contains(reason, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Open_GitLfsPointer_SaysWhatToDo()
    {
        File.WriteAllText(_folder["model.safetensors"], "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
        Assert.Contains("git lfs pull", Assert.Throws<BundleException>(() => TensorFile.Open(_folder["model.safetensors"])).Message);
    }

    [Fact]
    public void Open_SafetensorsUnderAnyName_IsTold()
    {
        // A header of 0x80 bytes begins as a pickle does.
        const string start = "{\"", end = "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}";
        var name = new string('x', 0x80 - start.Length - end.Length);
        var header = start + name + end;
        byte[] bytes = [.. BitConverter.GetBytes((long)header.Length), .. System.Text.Encoding.UTF8.GetBytes(header)];
        Assert.Equal(0x80, bytes[0]);
        File.WriteAllBytes(_folder["pytorch_model.bin"], bytes);
        using var file = TensorFile.Open(_folder["pytorch_model.bin"]);
        Assert.Equal(name, Assert.Single(file.All).Name);
    }

    /// <summary>Each tensor holds its name's letter.</summary>
    private void WriteShard(string file, params string[] names) => SafetensorsWriter.Write(_folder[file], names.Select(name =>
        new TensorSource(name, SafetensorsDType.F32, [1], stream => stream.Write(BitConverter.GetBytes((float)name[0])))));

    private string WriteIndex(params (string Tensor, string File)[] map)
    {
        var index = new { metadata = new { total_size = 1 }, weight_map = map.ToDictionary(m => m.Tensor, m => m.File) };
        File.WriteAllText(_folder["model.safetensors.index.json"], JsonSerializer.Serialize(index));
        return _folder["model.safetensors.index.json"];
    }
}
