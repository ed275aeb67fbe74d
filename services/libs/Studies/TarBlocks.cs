using System.Formats.Tar;
using System.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>Parts of the tar format that <see cref="TarReader"/> does not expose.</summary>
internal static class TarBlocks
{
    public const int Size = 512;

    private const int NameLength = 100;
    private const int SizeAt = 124;
    private const int SizeLength = 12;
    private const int TypeAt = 156;
    private const int MoreHolesAt = 482;
    private const int MoreHolesInBlockAt = 504;
    private const int ChecksumAt = 148;
    private const int ChecksumLength = 8;

    private static readonly (byte[] Magic, string Name)[] _compressions =
    [
        ([0x1F, 0x8B], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'], "xz"),
        ([(byte)'B', (byte)'Z', (byte)'h'], "bzip2"), ([(byte)'P', (byte)'K', 3, 4], "zip"),
    ];

    /// <summary>The compression of a file by its first bytes, or null.</summary>
    public static string? Compression(FileStream file)
    {
        var start = new byte[Size];
        var read = Read(file, 0, start);
        file.Position = 0;
        return Array.Find(_compressions, c => start.AsSpan(0, read).StartsWith(c.Magic)).Name;
    }

    /// <summary>The end of the zero blocks from a position; the position itself if there are none.</summary>
    public static long SkipZeros(FileStream file, long at)
    {
        var position = file.Position;
        var block = new byte[Size];
        for (; Read(file, at, block) is > 0 and var read && !block.AsSpan(0, read).ContainsAnyExcept((byte)0); at += read)
        {
        }
        file.Position = position;
        return at;
    }

    /// <summary>Whether a valid member header is at a position, by its checksum, which is computed with spaces in its own field.</summary>
    public static bool IsHeader(FileStream file, long at)
    {
        var position = file.Position;
        var block = new byte[Size];
        var whole = Read(file, at, block) == Size;
        file.Position = position;
        var written = Encoding.ASCII.GetString(block, ChecksumAt, ChecksumLength).Trim('\0', ' ');
        block.AsSpan(ChecksumAt, ChecksumLength).Fill((byte)' ');
        return whole && written.Length > 0 && written.All(c => c is >= '0' and <= '7') && Convert.ToInt32(written, 8) == block.Sum(b => b);
    }

    public static long RoundUp(long length) => (length + Size - 1) / Size * Size;

    /// <summary>Reads a header of a type that <see cref="TarReader"/> does not support.</summary>
    public static (string Name, string Fault, long Next) ReadHeader(FileStream file, long at)
    {
        var block = new byte[Size];
        Read(file, at, block);
        var name = Encoding.UTF8.GetString(block, 0, NameLength).TrimEnd('\0');
        var size = Encoding.ASCII.GetString(block, SizeAt, SizeLength).Trim('\0', ' ');
        var length = size.Length == 0 ? 0 : Convert.ToInt64(size, 8);
        var type = (TarEntryType)block[TypeAt];
        at += Size;
        // The sparse map may continue in extra blocks.
        for (var more = type == TarEntryType.SparseFile && block[MoreHolesAt] != 0; more; at += Size)
        {
            more = Read(file, at, block) == Size && block[MoreHolesInBlockAt] != 0;
        }
        return (name, FaultOf(type), at + RoundUp(length));
    }

    /// <summary>The original name of a sparse file, which its header replaces by another; null for other members.</summary>
    public static string? SparseName(TarEntry entry) => entry is PaxTarEntry pax ? pax.ExtendedAttributes.GetValueOrDefault("GNU.sparse.name") : null;

    /// <summary>Why a member's content is not in the tar, or not in its original form; else null.</summary>
    public static string? FaultOf(TarEntry entry) => entry.EntryType switch
    {
        TarEntryType.RegularFile or TarEntryType.V7RegularFile =>
            entry is PaxTarEntry pax && pax.ExtendedAttributes.Keys.Any(key => key.StartsWith("GNU.sparse.", StringComparison.Ordinal))
                ? FaultOf(TarEntryType.SparseFile)
                : null,
        var type => FaultOf(type),
    };

    private static string FaultOf(TarEntryType type) => type switch
    {
        TarEntryType.SymbolicLink => "is a symbolic link: make the tar with --dereference",
        TarEntryType.HardLink => "is a hard link: make the tar with --hard-dereference",
        TarEntryType.SparseFile => "is a sparse file: make the tar without --sparse",
        _ => $"is not a file but of type '{(char)type}'",
    };

    private static int Read(FileStream file, long at, byte[] block)
    {
        file.Position = at;
        return file.ReadAtLeast(block, block.Length, throwOnEndOfStream: false);
    }
}
