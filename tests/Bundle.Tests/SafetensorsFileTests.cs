using System.Buffers.Binary;
using System.Text;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.Tests;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_ThenRead_GivesTheSame()
    {
        var path = _folder["a.safetensors"];
        float[] values = [1, -2.5f, 3e-7f, float.MaxValue, 0, 6];
        SafetensorsWriter.Write(
            path,
            [
                new TensorSource("b", SafetensorsDType.U8, [3], stream => stream.Write([7, 8, 9])),
                new TensorSource("ä \"x\"", SafetensorsDType.F32, [2, 3], stream => stream.Write(Bytes(values))),
                new TensorSource("scalar", SafetensorsDType.I64, [], stream => stream.Write(BitConverter.GetBytes(42L))),
                new TensorSource("empty", SafetensorsDType.F16, [0, 4], _ => { }),
            ],
            new Dictionary<string, string> { ["made by"] = "a test" });

        using var file = SafetensorsFile.Open(path);

        Assert.Equal(values, file.ReadSingles(file.Tensors["ä \"x\""]));
        Assert.Equal([2, 3], file.Tensors["ä \"x\""].Shape);
        Assert.Equal("a test", file.Metadata["made by"]);
        var scalar = new byte[8];
        file.Read(file.Tensors["scalar"], scalar);
        Assert.Equal(42, BitConverter.ToInt64(scalar));
        Assert.Empty(file.Tensors["scalar"].Shape);
        Assert.Equal(0, file.Tensors["empty"].Length);
        // Every tensor is aligned for its element type.
        Assert.All(file.Tensors.Values, t => Assert.Equal(0, t.Offset % t.DType.Size()));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Write_FailsHalfway_OldFileStaysWhole()
    {
        var path = _folder["a.safetensors"];
        File.WriteAllText(path, "old");
        Assert.Throws<IOException>(() => SafetensorsWriter.Write(
            path, [new TensorSource("a", SafetensorsDType.F32, [1], _ => throw new IOException("disk full"))]));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData(SafetensorsDType.F16)]
    [InlineData(SafetensorsDType.BF16)]
    [InlineData(SafetensorsDType.F64)]
    public void ReadSingles_OtherFloats_Converts(SafetensorsDType dtype)
    {
        var path = _folder["a.safetensors"];
        byte[] bytes = dtype switch
        {
            SafetensorsDType.F16 => [.. BitConverter.GetBytes((Half)1.5f), .. BitConverter.GetBytes((Half)(-0.25f))],
            SafetensorsDType.BF16 => [0xC0, 0x3F, 0x80, 0xBE],
            _ => [.. BitConverter.GetBytes(1.5), .. BitConverter.GetBytes(-0.25)],
        };
        SafetensorsWriter.Write(path, [new TensorSource("a", dtype, [2], stream => stream.Write(bytes))]);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal([1.5f, -0.25f], file.ReadSingles(file.Tensors["a"]));
    }

    [Theory]
    [InlineData("""[1]""", 0, "bad header")]
    [InlineData("""{"a":""", 0, "bad header")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "bad header")]
    [InlineData("""{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown dtype F33")]
    [InlineData("""{"a":{"dtype":"3","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown dtype 3")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, "bad header")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "bad shape [-1]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "bad header")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "F32 [2] does not fit its 4 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "does not fit its 0 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "data_offsets [4, 0]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[6,10]}}""", 10,
        "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, "1 bytes after the last tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 3, "truncated")]
    public void Open_BadHeader_SaysWhy(string header, int dataLength, string reason)
    {
        var json = Encoding.UTF8.GetBytes(header);
        AssertRefused([.. Length((ulong)json.Length), .. json, .. new byte[dataLength]], reason);
    }

    [Fact]
    public void Open_NoSafetensorsFile_SaysWhy()
    {
        AssertRefused([], "0 bytes, too short");
        AssertRefused([1, 2, 3], "3 bytes, too short");
        AssertRefused([.. Length(100_000_001), .. new byte[10]], "header of 100000001 bytes, over the limit of 100000000");
        AssertRefused(Length(ulong.MaxValue), "over the limit");
        AssertRefused([.. Length(50), .. new byte[10]], "truncated: header of 50 bytes in a file of 18");
        Assert.Contains("no such file", Assert.Throws<BundleException>(() => SafetensorsFile.Open(_folder["none"])).Message);
        Assert.Contains("folder", Assert.Throws<BundleException>(() => SafetensorsFile.Open(_folder.Path)).Message);
    }

    private void AssertRefused(byte[] content, string reason)
    {
        var path = _folder["bad.safetensors"];
        File.WriteAllBytes(path, content);
        var e = Assert.Throws<BundleException>(() => SafetensorsFile.Open(path));
        Assert.StartsWith(path + ": ", e.Message);
        Assert.Contains(reason, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    private static byte[] Length(ulong length)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        return bytes;
    }

    private static byte[] Bytes(float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
