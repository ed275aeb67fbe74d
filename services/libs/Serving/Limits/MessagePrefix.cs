using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace MedMoE.Mesh.Serving.Limits;

/// <summary>gRPC's prefix of each message: a flag and the length, which is thus known before the message is read.</summary>
public static class MessagePrefix
{
    public const int Size = 5;

    /// <summary>The length of a message in bytes, including its prefix.</summary>
    public static long LengthOf(ReadOnlySpan<byte> prefix) => BinaryPrimitives.ReadUInt32BigEndian(prefix[1..Size]) + (long)Size;

    /// <summary>Writes the prefix of a message that is not compressed; <paramref name="length"/> is without it.</summary>
    public static void Write(Span<byte> prefix, int length)
    {
        prefix[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..Size], (uint)length);
    }

    /// <summary>Waits for the next message and returns its length, including the prefix, without reading it; 0 at the end.</summary>
    public static async ValueTask<long> Peek(PipeReader request, CancellationToken cancellation)
    {
        var read = await request.ReadAtLeastAsync(Size, cancellation);
        var length = read.Buffer.Length < Size ? 0 : Parse(read.Buffer);
        // Nothing is consumed or examined, so the next reader gets the data at once.
        request.AdvanceTo(read.Buffer.Start);
        return length;
    }

    private static long Parse(ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[Size];
        buffer.Slice(0, Size).CopyTo(prefix);
        return LengthOf(prefix);
    }
}
