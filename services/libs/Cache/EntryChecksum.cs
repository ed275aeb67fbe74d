using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace MedMoE.Mesh.Cache;

/// <summary>Checksum over an entry's bytes and key, stored behind the bytes in Redis: a damaged entry must be a miss, not a wrong answer.</summary>
internal static class EntryChecksum
{
    public const int Length = sizeof(ulong);

    public static void Append(string key, ArrayBufferWriter<byte> entry)
    {
        var checksum = Compute(key, entry.WrittenSpan);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.GetSpan(Length), checksum);
        entry.Advance(Length);
    }

    /// <summary>The bytes without the checksum, or null if it is wrong.</summary>
    public static ReadOnlyMemory<byte>? Check(string key, byte[] entry)
    {
        if (entry.Length < Length)
        {
            return null;
        }
        var bytes = entry.AsMemory(0, entry.Length - Length);
        return BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(bytes.Length)) == Compute(key, bytes.Span) ? bytes : null;
    }

    private static ulong Compute(string key, ReadOnlySpan<byte> bytes) =>
        XxHash3.HashToUInt64(bytes, (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(key.AsSpan())));
}
