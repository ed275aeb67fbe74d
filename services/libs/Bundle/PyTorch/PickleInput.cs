using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>Reads the bytes of pickles in order; <paramref name="path"/> is only for messages.</summary>
internal sealed class PickleInput(string path, byte[] bytes)
{
    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public int Position { get; private set; }

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>An integer of up to 255 bytes: a long if it fits, else a <see cref="BigInteger"/>.</summary>
    public object Long()
    {
        var value = new BigInteger(Take(Byte()));
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    public ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(bytes.Length - Position))
        {
            throw Fault("truncated, or over the size limit");
        }
        var taken = bytes.AsSpan(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    public string Text(ulong length)
    {
        var taken = Take(length);
        try
        {
            return _utf8.GetString(taken);
        }
        catch (DecoderFallbackException)
        {
            throw Fault("a string is not UTF-8");
        }
    }

    public string Line()
    {
        var length = bytes.AsSpan(Position).IndexOf((byte)'\n');
        var line = Text(length < 0 ? ulong.MaxValue : (ulong)length);
        Position++;
        return line;
    }

    public BundleException Fault(string reason) => new(path, $"not a PyTorch checkpoint that can be read: pickle, byte {Position}: {reason}");

    /// <summary>A fault that is not about the pickle's format.</summary>
    public BundleException Refusal(string reason) => new(path, reason);
}
