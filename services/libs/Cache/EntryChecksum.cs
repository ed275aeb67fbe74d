using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace MedMoE.Mesh.Cache;

/// <summary>
/// Stands behind an entry's bytes in Redis, over these and the entry's key: what comes back is what was written under that key, or counts as nothing.
/// A flipped bit would else be an answer with other numbers.
/// </summary>
internal static class EntryChecksum
{
    /// <summary>Bytes that it takes.</summary>
    public const int Length = sizeof(ulong);

    public static void Append(string key, ArrayBufferWriter<byte> entry)
    {
        var checksum = Of(key, entry.WrittenSpan);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.GetSpan(Length), checksum);
        entry.Advance(Length);
    }

    /// <summary>The bytes in front of the checksum, or null where it is not theirs.</summary>
    public static ReadOnlyMemory<byte>? Check(string key, byte[] entry)
    {
        if (entry.Length < Length)
        {
            return null;
        }
        var bytes = entry.AsMemory(0, entry.Length - Length);
        return BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(bytes.Length)) == Of(key, bytes.Span) ? bytes : null;
    }

    private static ulong Of(string key, ReadOnlySpan<byte> bytes) =>
        XxHash3.HashToUInt64(bytes, (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(key.AsSpan())));
}
