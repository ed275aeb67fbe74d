using System.Formats.Tar;

namespace MedMoE.Mesh.Studies;

/// <summary>Reads the files of a shard in order. Concatenated tars (<c>cat a.tar b.tar</c>) are read as one.</summary>
internal sealed class ShardMembers : IDisposable
{
    private readonly FileStream? _file;
    private TarReader? _reader;
    private TarEntry? _entry;
    private int _tar;
    private long _nextHeader;

    public ShardMembers(string path)
    {
        try
        {
            _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20, FileOptions.SequentialScan);
            Fault = TarBlocks.Compression(_file) is { } compression ? $"{compression}, not a tar: decompress it first" : null;
            _reader = new TarReader(_file, leaveOpen: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault = $"cannot be opened: {e.Message}";
        }
    }

    /// <summary>Why reading ended early; null if the shard is complete.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whether the last record may lack members because of the fault.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The next member; null at the end or after a <see cref="Fault"/>.</summary>
    public ShardMember? Next() => Guard(() =>
    {
        while (true)
        {
            try
            {
                _entry = _reader!.GetNextEntry();
            }
            catch (NotSupportedException)
            {
                // Volume labels, and sparse files in GNU tar's default format.
                var header = TarBlocks.ReadHeader(_file!, _file!.Position - TarBlocks.Size);
                StartAt(header.Next);
                if (Member(header.Name, 0, header.Fault) is { } unsupported)
                {
                    return unsupported;
                }
                continue;
            }
            if (_entry is null)
            {
                if (!ContinuesWithTar())
                {
                    return null;
                }
                continue;
            }
            _nextHeader = TarBlocks.RoundUp(_entry.DataStream is null ? _file!.Position : _entry.DataOffset + _entry.Length);
            if (Member(_entry) is { } member)
            {
                return member;
            }
        }
    });

    /// <summary>The content of the current member; null if the shard is truncated in it, which sets <see cref="Fault"/>.</summary>
    public byte[]? Read() => Guard(() =>
    {
        var content = new byte[_entry!.Length];
        _entry.DataStream?.ReadExactly(content);
        return content;
    });

    public void Dispose()
    {
        _reader?.Dispose();
        _file?.Dispose();
    }

    private T? Guard<T>(Func<T?> read)
        where T : class
    {
        if (Fault is not null)
        {
            return null;
        }
        try
        {
            return read();
        }
        catch (EndOfStreamException)
        {
            Cut($"truncated at byte {_file!.Length}");
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException or ArgumentException or OverflowException)
        {
            Cut($"broken before byte {_file!.Position}: {e.Message.ReplaceLineEndings(" ")}{Unread(_file.Position)}");
        }
        return null;
    }

    private void Cut(string fault) => (Fault, IsCut) = (fault, true);

    private ShardMember? Member(TarEntry entry) =>
        entry.EntryType is TarEntryType.Directory or TarEntryType.DirectoryList or TarEntryType.GlobalExtendedAttributes
            ? null
            : Member(TarBlocks.SparseName(entry) ?? entry.Name, entry.Length, TarBlocks.FaultOf(entry));

    private ShardMember? Member(string path, long length, string? fault)
    {
        // "tar -c ." prefixes every name with "./".
        path = path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
        var name = path.LastIndexOf('/') + 1;
        var dot = path.IndexOf('.', name);
        return dot > name ? new ShardMember(path[..dot], path[(dot + 1)..].ToLowerInvariant(), length, fault, _tar) : null;
    }

    /// <summary>Whether another tar follows the end of one. Other data there is a fault.</summary>
    private bool ContinuesWithTar()
    {
        // The reader ends at a block of zeros, at one without a checksum, and at the end of the file.
        if (_file!.Length - _nextHeader < TarBlocks.Size)
        {
            Cut("truncated: no end-of-archive marker");
            return false;
        }
        var next = TarBlocks.SkipZeros(_file, _nextHeader);
        if (next == _nextHeader)
        {
            Cut($"broken before byte {next}: no member header{Unread(next)}");
            return false;
        }
        if (next == _file.Length)
        {
            return false;
        }
        if (!TarBlocks.IsHeader(_file, next))
        {
            Fault = $"the last {_file.Length - next} bytes, after the end of the archive, are not a tar";
            return false;
        }
        StartAt(next);
        _tar++;
        return true;
    }

    private void StartAt(long header)
    {
        _nextHeader = header;
        _file!.Position = header;
        _reader!.Dispose();
        _reader = new TarReader(_file, leaveOpen: true);
    }

    private string Unread(long from) => $"; its last {Math.Max(0, _file!.Length - from)} bytes are not read";
}
