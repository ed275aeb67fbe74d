using System.Buffers.Binary;
using System.Text;

namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>A file in a zip: path, position of its data, and CRC-32.</summary>
internal sealed record ZipEntry(string Name, long Offset, long Length, uint Crc);

/// <summary>
/// The files of a zip as PyTorch writes it: uncompressed, so that each can be read directly at its offset (PKWARE's APPNOTE 6.3.10).
/// <see cref="System.IO.Compression.ZipArchive"/> does not expose the offset.
/// </summary>
internal static class ZipEntries
{
    private const int EndLength = 22;
    private const int EndLength64 = 56;
    private const int LocatorLength = 20;
    private const int LocalLength = 30;
    private const int CentralLength = 46;
    private const int LargestDirectory = 32 << 20;

    /// <exception cref="BundleException">Not a zip, a broken one, or one with compressed or encrypted files.</exception>
    public static List<ZipEntry> Read(FileContent content)
    {
        var (count, length, offset) = FindDirectory(content);
        if (length > LargestDirectory || offset > (ulong)content.Length)
        {
            throw Fault(content, $"a directory of {length} bytes at byte {offset}");
        }
        var directory = content.Read((long)offset, (int)length).AsSpan();
        var entries = new List<ZipEntry>();
        for (; count > 0 && directory.Length >= CentralLength; count--)
        {
            int name = UInt16(directory, 28), extra = UInt16(directory, 30), all = CentralLength + name + extra + UInt16(directory, 32);
            if (UInt32(directory, 0) != 0x02014b50 || all > directory.Length)
            {
                break;
            }
            var path = Encoding.UTF8.GetString(directory.Slice(CentralLength, name));
            entries.Add(Entry(content, directory[..CentralLength], path, directory.Slice(CentralLength + name, extra)));
            directory = directory[all..];
        }
        return count == 0 ? entries : throw Fault(content, "its directory is truncated");
    }

    private static (ulong Count, ulong Length, ulong Offset) FindDirectory(FileContent content)
    {
        var length = (int)Math.Min(content.Length, EndLength + ushort.MaxValue);
        var tail = content.Read(content.Length - length, length).AsSpan();
        var at = tail.LastIndexOf("PK\u0005\u0006"u8);
        if (at < 0 || at + EndLength > tail.Length || at + EndLength + UInt16(tail, at + 20) != tail.Length)
        {
            throw Fault(content, "no directory at its end: truncated, or followed by other data");
        }
        var end = tail[at..];
        var end64 = content.Length - tail.Length + at - LocatorLength;
        if (end64 >= 0 && content.Read(end64, LocatorLength).AsSpan() is var locator && UInt32(locator, 0) == 0x07064b50)
        {
            if (UInt64(locator, 8) is var start && start > (ulong)content.Length)
            {
                throw Fault(content, "its directory is beyond the end of the file");
            }
            var large = content.Read((long)start, EndLength64).AsSpan();
            return UInt32(large, 0) == 0x06064b50 ? (UInt64(large, 32), UInt64(large, 40), UInt64(large, 48))
                : throw Fault(content, "no directory at the expected offset");
        }
        return (UInt16(end, 10), UInt32(end, 12), UInt32(end, 16));
    }

    private static ZipEntry Entry(FileContent content, ReadOnlySpan<byte> central, string name, ReadOnlySpan<byte> extra)
    {
        var (flags, method) = (UInt16(central, 8), UInt16(central, 10));
        if ((flags & 1) != 0 || method != 0)
        {
            var how = (flags & 1) != 0 ? "encrypted" : "compressed";
            throw Fault(content, $"{name} is {how}, unlike files PyTorch writes: save it again with torch.save");
        }
        ulong length = UInt32(central, 24), stored = UInt32(central, 20), offset = UInt32(central, 42);
        var large = Extra64(extra);
        Widen(ref length, ref large);
        Widen(ref stored, ref large);
        Widen(ref offset, ref large);
        if (length != stored || offset > (ulong)(content.Length - LocalLength))
        {
            throw Fault(content, $"{name} has an invalid size or offset");
        }
        var local = content.Read((long)offset, LocalLength).AsSpan();
        var first = (long)offset + LocalLength + UInt16(local, 26) + UInt16(local, 28);
        return UInt32(local, 0) == 0x04034b50 && length <= (ulong)content.Length && first <= content.Length - (long)length
            ? new ZipEntry(name, first, (long)length, UInt32(central, 16))
            : throw Fault(content, $"{name} is not at the offset in the directory");
    }

    /// <summary>The ZIP64 extra field of a central header, for values that do not fit 32 bits.</summary>
    private static ReadOnlySpan<byte> Extra64(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            var (id, length) = (UInt16(extra, 0), Math.Min(UInt16(extra, 2), extra.Length - 4));
            if (id == 1)
            {
                return extra.Slice(4, length);
            }
            extra = extra[(4 + length)..];
        }
        return [];
    }

    private static void Widen(ref ulong value, ref ReadOnlySpan<byte> large)
    {
        if (value == uint.MaxValue && large.Length >= 8)
        {
            value = UInt64(large, 0);
            large = large[8..];
        }
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong UInt64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static BundleException Fault(FileContent content, string reason) =>
        new(content.Path, $"not a PyTorch checkpoint that can be read: zip: {reason}");
}
