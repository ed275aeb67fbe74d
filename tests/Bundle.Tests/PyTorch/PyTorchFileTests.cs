using System.IO.Compression;
using System.Runtime.InteropServices;
using MedMoE.Mesh.Bundle.PyTorch;
using MedMoE.Mesh.Bundle.Tensors;
using MedMoE.Mesh.Reference.PyTorch;

namespace MedMoE.Mesh.Bundle.Tests.PyTorch;

public sealed class PyTorchFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_GoldenInBothForms_HoldTheSame()
    {
        using var zip = PyTorchFile.Open(Golden.PathOf("checkpoints", "bio", "pytorch_model.bin"));
        using var legacy = PyTorchFile.Open(Golden.PathOf("checkpoints", "legacy", "pytorch_model.bin"));
        var expected = legacy.All.ToDictionary(t => t.Name);
        Assert.Equal(90, expected.Count);
        Assert.All(zip.All, tensor =>
        {
            Assert.Equal((tensor.DType, Shapes.Text(tensor.Shape)), (expected[tensor.Name].DType, Shapes.Text(expected[tensor.Name].Shape)));
            Assert.Equal(Bytes(legacy, tensor.Name), Bytes(zip, tensor.Name));
        });
        // The decoder shares the storage of the word embeddings.
        Assert.Equal(Bytes(zip, "bert.embeddings.word_embeddings.weight"), Bytes(zip, "cls.predictions.decoder.weight"));
        Assert.Equal(0L, MemoryMarshal.Read<long>(Bytes(zip, "bert.embeddings.position_ids")));
        Assert.Equal(186L, MemoryMarshal.Cast<byte, long>(Bytes(zip, "bert.embeddings.position_ids"))[186]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_ViewsAndTypes_GiveTheirElements(bool legacy)
    {
        var six = SavedStorage.Of("six", "FloatStorage", 0f, 1, 2, 3, 4, 5);
        SavedTensor[] tensors =
        [
            new("rows", six, [2, 3]), new("transposed", six, [3, 2], Strides: [1, 3]), new("tail", six, [2], First: 4),
            new("column", six, [2], First: 1, Strides: [3]), new("expanded", six, [2, 2], First: 5, Strides: [0, 0]),
            new("scalar", six, [], First: 3), new("none", six, [0, 4]), new("one", six, [1, 3], Strides: [99, 1]),
            new("half", SavedStorage.Of("half", "HalfStorage", (Half)1.5f, (Half)(-2)), [2]),
            new("bf16", SavedStorage.Of<ushort>("bf16", "BFloat16Storage", 0x3FC0), [1]),
            new("double", SavedStorage.Of("double", "DoubleStorage", 1e300), [1]),
            new("long", SavedStorage.Of("long", "LongStorage", -5L), [1]), new("int", SavedStorage.Of("int", "IntStorage", 7), [1]),
            new("short", SavedStorage.Of<short>("short", "ShortStorage", 8), [1]),
            new("char", SavedStorage.Of<sbyte>("char", "CharStorage", -1), [1]),
            new("byte", SavedStorage.Of<byte>("byte", "ByteStorage", 255), [1]), new("bool", SavedStorage.Of("bool", "BoolStorage", true), [1]),
        ];
        CheckpointWriter.Write(_folder["a.bin"], tensors, legacy);

        using var file = PyTorchFile.Open(_folder["a.bin"]);

        Assert.Equal(tensors.Select(t => t.Name), file.All.Select(t => t.Name));
        float[] Floats(string name) => MemoryMarshal.Cast<byte, float>(Bytes(file, name)).ToArray();
        Assert.Equal([0, 1, 2, 3, 4, 5], Floats("rows"));
        Assert.Equal([0, 3, 1, 4, 2, 5], Floats("transposed"));
        Assert.Equal([4, 5], Floats("tail"));
        Assert.Equal([1, 4], Floats("column"));
        Assert.Equal([5, 5, 5, 5], Floats("expanded"));
        Assert.Equal([3], Floats("scalar"));
        Assert.Empty(Floats("none"));
        Assert.Equal([0, 1, 2], Floats("one"));
        Assert.Equal(
            ["F16", "BF16", "F64", "I64", "I32", "I16", "I8", "U8", "BOOL"],
            file.All.Skip(8).Select(t => t.DType.ToString()));
        Assert.Equal((Half)(-2), MemoryMarshal.Cast<byte, Half>(Bytes(file, "half"))[1]);
        Assert.Equal(1e300, MemoryMarshal.Read<double>(Bytes(file, "double")));
        Assert.Equal(-5, MemoryMarshal.Read<long>(Bytes(file, "long")));
    }

    [Theory]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch.nn.modules.linear", "Linear")]
    [InlineData("torch", "load")]
    [InlineData("collections", "OrderedDict.fromkeys")]
    [InlineData("torch._utils", "_rebuild_tensor_v2.__globals__")]
    [InlineData("MedMoE.Mesh.Bundle.BundleManifest", "Read")]
    public void Open_AnyOtherClass_NamesItAndRunsNothing(string module, string name)
    {
        var touched = _folder["touched"];
        foreach (var legacy in new[] { false, true })
        {
            var pickle = new PickleWriter().Op('}').Text("a").Global(module, name).Op('(').Text($"touch {touched}").Op('t').Op('R').Op('s').Op('.');
            AssertRefused(path => CheckpointWriter.Write(path, pickle.Bytes, [], legacy), $"holds {module}.{name}: only tensors");
            // The same by a name from the stack.
            pickle = new PickleWriter().Op('}').Text("a").Text(module).Text(name).Raw(0x93).Raw((byte)')', 0x81).Op('s').Op('.');
            AssertRefused(path => CheckpointWriter.Write(path, pickle.Bytes, [], legacy), $"holds {module}.{name}: only tensors");
        }
        Assert.False(File.Exists(touched));
    }

    [Theory]
    [InlineData(5, 2, new long[] { 1 }, "a tensor beyond its storage")]
    [InlineData(0, 7, new long[] { 1 }, "a tensor beyond its storage")]
    [InlineData(0, 2, new long[] { 6 }, "a tensor beyond its storage")]
    [InlineData(-1, 2, new long[] { 1 }, "invalid arguments")]
    [InlineData(0, -2, new long[] { 1 }, "invalid arguments")]
    [InlineData(0, 2, new long[] { -1 }, "invalid arguments")]
    [InlineData(0, long.MaxValue, new long[] { 0 }, "invalid arguments")]
    [InlineData(0, 3, new long[] { long.MaxValue }, "invalid arguments")]
    [InlineData(0, 3, new long[] { 1, 1 }, "invalid arguments")]
    public void Open_TensorBeyondItsStorage_SaysWhy(long first, long size, long[] strides, string reason)
    {
        var storage = SavedStorage.Of("0", "FloatStorage", 0f, 1, 2, 3, 4, 5);
        AssertRefused(path => CheckpointWriter.Write(path, [new SavedTensor("a", storage, [size], first, strides)]), reason);
        AssertRefused(path => CheckpointWriter.Write(path, [new SavedTensor("a", storage, [size], first, strides)], legacy: true), reason);
    }

    [Fact]
    public void Open_Damaged_SaysWhy()
    {
        var tensor = SavedTensor.Of("a", [2], 1, 2);
        var pickle = new PickleWriter().StateDict([tensor]).Op('.').Bytes;
        AssertRefused(path => CheckpointWriter.Write(path, pickle, []), "storage a is missing");
        AssertRefused(path => CheckpointWriter.Write(path, pickle, [tensor.Storage, tensor.Storage]), "data/a is duplicated");
        SavedStorage Sized(int bytes) => tensor.Storage with { Write = stream => stream.Write(new byte[bytes]) };
        AssertRefused(path => CheckpointWriter.Write(path, pickle, [Sized(7)]), "has 7 bytes, expected 2 of F32");
        AssertRefused(path => CheckpointWriter.Write(path, pickle, [Sized(99)]), "has 99 bytes, expected 2 of F32");
        AssertRefused(path => Zip(path, pickle, CompressionLevel.Fastest), "is compressed");
        AssertRefused(path => CheckpointWriter.Write(path, [tensor, tensor]), "is duplicated");
        AssertRefused(path => File.WriteAllText(path, "nothing"), "neither the zip nor the legacy format");
        AssertRefused(path => File.WriteAllText(path, ""), "neither the zip nor the legacy format");
        AssertRefused(path => CheckpointWriter.Write(path, [], legacy: false), "no named tensors");
        AssertRefused(path => File.WriteAllBytes(path, new PickleWriter().Number(7).Op('.').Bytes), "torch.save did not write");
        AssertRefused(path => Append(path, tensor, legacy: true), "1 bytes after the last storage");
        AssertRefused(path => Append(path, tensor, legacy: false), "no directory at its end");
        foreach (var legacy in new[] { false, true })
        {
            CheckpointWriter.Write(_folder["whole"], [tensor], legacy);
            var whole = File.ReadAllBytes(_folder["whole"]);
            for (var length = 0; length < whole.Length; length++)
            {
                AssertRefused(path => File.WriteAllBytes(path, whole[..length]), "");
            }
        }
    }

    [Fact]
    public void Read_FlippedBit_IsFoundByTheCheckSum()
    {
        var storage = SavedStorage.Of("0", "FloatStorage", [.. Enumerable.Range(1000, 500).Select(i => (float)i)]);
        CheckpointWriter.Write(
            _folder["a.bin"],
            [new("all", storage, [500]), new("part", storage, [5], First: 400), new("across", storage, [5, 5], Strides: [1, 5])]);
        var bytes = File.ReadAllBytes(_folder["a.bin"]);
        bytes[bytes.AsSpan().IndexOf(MemoryMarshal.AsBytes<float>([1450f]))] ^= 1;
        File.WriteAllBytes(_folder["a.bin"], bytes);
        foreach (var name in new[] { "all", "part", "across" })
        {
            using var file = PyTorchFile.Open(_folder["a.bin"]);
            Assert.Contains("wrong checksum of storage 0", Assert.Throws<BundleException>(() => Bytes(file, name)).Message);
        }
    }

    public static TheoryData<string, byte[]> Pickles => new()
    {
        { "more than 2000000 opcodes", Repeat(2_000_001, (byte)'}') },
        { "more than 1000 nested values", Repeat(1001, (byte)'(') },
        { "memo 7 is empty", [(byte)'h', 7] },
        { "the stack is empty", [0x85] },
        { "the stack is empty", [(byte)'t'] },
        { "the stack is empty", [(byte)'N', (byte)'(', (byte)'R'] },
        { "not a list", [(byte)'N', (byte)'N', (byte)'a'] },
        { "not a dict", [(byte)']', (byte)'(', (byte)'N', (byte)'N', (byte)'u'] },
        { "a key without a value", [(byte)'}', (byte)'(', (byte)'N', (byte)'u'] },
        { "opcode 0x69 is not supported", [(byte)'i'] },
        { "opcode 0x82 is not supported", [0x82, 1] },
        { "truncated", [(byte)'X', 0xff, 0xff, 0xff, 0xff, 1] },
        { "truncated", [0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1] },
        { "not UTF-8", [(byte)'U', 1, 0xff] },
        { "ends inside a value", [(byte)'N', (byte)'N', (byte)'.'] },
        { "protocol 9", [0x80, 9] },
        { "not a tensor storage", [(byte)'N', (byte)'Q'] },
        { "invalid arguments of a function", [(byte)')', (byte)')', (byte)'R'] },
        { "no named tensors", [(byte)'N', (byte)'.'] },
        { "is not a named tensor", [(byte)'}', (byte)'K', 1, (byte)'N', (byte)'s', (byte)'.'] },
    };

    [Theory]
    [MemberData(nameof(Pickles))]
    public void Open_HostilePickle_SaysWhy(string reason, byte[] pickle) =>
        AssertRefused(path => CheckpointWriter.Write(path, new PickleWriter().Raw(pickle).Bytes, []), reason);

    [Fact]
    public void Open_PickleOverTheLimit_IsNotRead() =>
        AssertRefused(path => CheckpointWriter.Write(path, new byte[(32 << 20) + 1], []), "data.pkl has 33554433 bytes, over the limit of 33554432");

    /// <summary>Every mutated file either reads as tensors or is refused in one line; allocations stay close to the file's size.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Open_Mutations_OneLineOrTensors(bool legacy)
    {
        var shared = SavedStorage.Of("0", "FloatStorage", 0f, 1, 2, 3, 4, 5);
        CheckpointWriter.Write(
            _folder["a"], [new("rows", shared, [2, 3]), new("across", shared, [3, 2], Strides: [1, 3]), SavedTensor.Of("b", [1], 7)], legacy);
        var whole = File.ReadAllBytes(_folder["a"]);
        var (random, refused) = (new Random(legacy ? 1 : 2), 0);
        for (var i = 0; i < 5000; i++)
        {
            var mutant = whole.ToList();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var at = random.Next(mutant.Count);
                switch (random.Next(4))
                {
                    case 0: mutant[at] = (byte)random.Next(256); break;
                    case 1: mutant[at] ^= (byte)(1 << random.Next(8)); break;
                    case 2: mutant.RemoveAt(at); break;
                    default: mutant.InsertRange(at, whole.Skip(random.Next(whole.Length)).Take(random.Next(1, 12))); break;
                }
            }
            if (!legacy)
            {
                // Otherwise nearly every mutation of the pickle would fail at its checksum.
                MendPickleCrc(mutant);
            }
            File.WriteAllBytes(_folder["mutant"], [.. mutant]);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var file = PyTorchFile.Open(_folder["mutant"]);
                foreach (var tensor in file.All)
                {
                    // A view may repeat an element more often than memory allows; callers know the shape.
                    if (tensor.Shape.Aggregate((Int128)1, (product, d) => product * d) < 1000)
                    {
                        Bytes(file, tensor.Name);
                    }
                }
            }
            catch (BundleException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
        Assert.InRange(refused, 2500, 4999);
    }

    private static void MendPickleCrc(List<byte> zip)
    {
        var bytes = CollectionsMarshal.AsSpan(zip);
        var start = bytes.IndexOf("archive/data.pkl"u8) + "archive/data.pkl".Length;
        var end = bytes.IndexOf("PK\u0001\u0002"u8);
        var next = bytes.Length > start && start > 16 ? bytes[start..].IndexOf("PK\u0003\u0004"u8) : -1;
        if (next < 0 || end < 0 || end + 20 > bytes.Length)
        {
            return;
        }
        System.IO.Hashing.Crc32.Hash(bytes.Slice(start, next), bytes.Slice(end + 16, 4));
    }

    private static void Zip(string path, byte[] pickle, CompressionLevel compression)
    {
        using var file = File.Create(path);
        CheckpointWriter.WriteZip(file, pickle, [], compression);
    }

    private static void Append(string path, SavedTensor tensor, bool legacy)
    {
        CheckpointWriter.Write(path, [tensor], legacy);
        File.AppendAllText(path, "x");
    }

    private static byte[] Repeat(int count, byte value)
    {
        var bytes = new byte[count];
        Array.Fill(bytes, value);
        return bytes;
    }

    private void AssertRefused(Action<string> write, string reason)
    {
        var path = _folder["bad.bin"];
        write(path);
        var e = Assert.Throws<BundleException>(() => PyTorchFile.Open(path));
        Assert.StartsWith(path + ": ", e.Message);
        Assert.Contains(reason, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    private static byte[] Bytes(PyTorchFile file, string name)
    {
        var tensor = file.All.Single(t => t.Name == name);
        var bytes = new byte[tensor.DType.Size() * tensor.Shape.Aggregate(1L, (product, d) => product * d)];
        file.Read(tensor, bytes);
        return bytes;
    }
}
