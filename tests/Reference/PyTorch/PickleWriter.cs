using System.Buffers.Binary;
using System.Text;

namespace MedMoE.Mesh.Reference.PyTorch;

/// <summary>Writes pickles of protocol 2, step by step.</summary>
public sealed class PickleWriter
{
    private readonly MemoryStream _bytes = new();

    public PickleWriter() => Raw(0x80, 2);

    public byte[] Bytes => _bytes.ToArray();

    public PickleWriter Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>An opcode without an argument.</summary>
    public PickleWriter Op(char opcode) => Raw((byte)opcode);

    public PickleWriter Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        return Op('X').Raw(length).Raw(utf8);
    }

    public PickleWriter Number(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Raw(0x8a, 8).Raw(bytes);
    }

    public PickleWriter Numbers(IEnumerable<long> values)
    {
        Op('(');
        foreach (var value in values)
        {
            Number(value);
        }
        return Op('t');
    }

    public PickleWriter Global(string module, string name) => Op('c').Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    /// <summary>An empty ordered dict, to be filled by <c>(</c>, keys and values, <c>u</c>.</summary>
    public PickleWriter OrderedDict() => Global("collections", "OrderedDict").Raw((byte)')', (byte)'R');

    /// <summary>A tensor as <c>torch.save</c> pickles it.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="legacy">Whether to write the older format.</param>
    public PickleWriter Tensor(SavedTensor tensor, bool legacy = false)
    {
        Global("torch._utils", "_rebuild_tensor_v2").Op('(');
        Op('(').Text("storage").Global("torch", tensor.Storage.Type).Text(tensor.Storage.Key).Text("cpu").Number(tensor.Storage.Elements);
        if (legacy)
        {
            Op('N');
        }
        Op('t').Op('Q').Number(tensor.First).Numbers(tensor.Shape).Numbers(tensor.Strides ?? RowMajor(tensor.Shape));
        return Raw(0x89).OrderedDict().Op('t').Op('R');
    }

    /// <summary>A state dict of tensors, with the module versions that PyTorch adds.</summary>
    public PickleWriter StateDict(IEnumerable<SavedTensor> tensors, bool legacy = false)
    {
        OrderedDict().Op('(');
        foreach (var tensor in tensors)
        {
            Text(tensor.Name).Tensor(tensor, legacy);
        }
        return Op('u').Op('}').Text("_metadata").OrderedDict().Op('s').Op('b');
    }

    private static long[] RowMajor(long[] shape) => [.. shape.Select((_, d) => shape.Skip(d + 1).Aggregate(1L, (product, size) => product * size))];
}
