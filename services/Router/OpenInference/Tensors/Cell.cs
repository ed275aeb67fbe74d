using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace MedMoE.Mesh.Router.OpenInference.Tensors;

/// <summary>What one item of a batch has of an output: its dimensions without the batch, and its elements in the protocol's raw form.</summary>
internal sealed record Cell(IReadOnlyList<long> Dims, ReadOnlyMemory<byte> Data)
{
    public static Cell Of(WireTensor tensor) => new([.. tensor.Shape], tensor.Data.Memory);

    public static Cell Of(params float[] values) => new([values.Length], MemoryMarshal.AsBytes<float>(values).ToArray());

    public static Cell Of(int value) => new([1], BitConverter.GetBytes(value));

    public static Cell Of(bool value) => new([1], BitConverter.GetBytes(value));

    /// <summary>One element of BYTES.</summary>
    public static Cell Of(string text)
    {
        var bytes = new byte[sizeof(uint) + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - sizeof(uint));
        Encoding.UTF8.GetBytes(text, bytes.AsSpan(sizeof(uint)));
        return new([1], bytes);
    }
}
