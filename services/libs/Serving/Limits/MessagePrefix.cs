using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace MedMoE.Mesh.Serving.Limits;

/// <summary>What gRPC puts before each message: a flag and its length, so that the length is known before the message is read.</summary>
public static class MessagePrefix
{
    /// <summary>Bytes of it.</summary>
    public const int Size = 5;

    /// <summary>The bytes of a message, prefix included.</summary>
    /// <param name="prefix">Its first <see cref="Size"/> bytes.</param>
    public static long LengthOf(ReadOnlySpan<byte> prefix) => BinaryPrimitives.ReadUInt32BigEndian(prefix[1..Size]) + (long)Size;

    /// <summary>Waits for the next message of a request and tells its bytes, prefix included, without reading it; 0 where none follows.</summary>
    public static async ValueTask<long> Peek(PipeReader request, CancellationToken cancellation)
    {
        var read = await request.ReadAtLeastAsync(Size, cancellation);
        var length = read.Buffer.Length < Size ? 0 : Parse(read.Buffer);
        // Nothing is consumed or examined: the next reader gets it at once.
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
