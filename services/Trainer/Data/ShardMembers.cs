using System.Formats.Tar;

namespace MedMoE.Mesh.Trainer.Data;

/// <summary>A file in a shard.</summary>
/// <param name="Key">Its path up to the first dot of its name: the record it belongs to.</param>
/// <param name="Kind">What follows that dot, in lower case.</param>
/// <param name="Content">Its bytes; null where there are more than any study has.</param>
internal sealed record ShardMember(string Key, string Kind, byte[]? Content);

/// <summary>The files of a tar file that records are made of, one after the other.</summary>
internal sealed class ShardMembers : IDisposable
{
    /// <summary>A header that claims more is not believed: memory would be reserved for it.</summary>
    private const long LargestMember = 256 << 20;

    private const int BlockSize = 512;

    private static readonly string[] _kinds = ["png", "jpg", "jpeg", "txt", "cls", "json"];

    private readonly FileStream? _file;
    private readonly TarReader? _reader;

    public ShardMembers(string path)
    {
        try
        {
            _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20, FileOptions.SequentialScan);
            _reader = new TarReader(_file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault = $"cannot be opened: {e.Message}";
        }
    }

    /// <summary>Why there are no more members, where the shard is not whole; null where it is.</summary>
    public string? Fault { get; private set; }

    /// <summary>The next member; null where there is none, or <see cref="Fault"/>.</summary>
    public ShardMember? Next()
    {
        if (Fault is not null)
        {
            return null;
        }
        try
        {
            while (_reader!.GetNextEntry() is { } entry)
            {
                if (Member(entry) is { } member)
                {
                    return member;
                }
            }
            Fault = EndsAsATarDoes() ? null : "cut off: it has no end";
        }
        catch (EndOfStreamException)
        {
            Fault = $"cut off at byte {_file!.Length}";
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException or ArgumentException or OverflowException)
        {
            Fault = $"broken before byte {_file!.Position}: {e.Message.ReplaceLineEndings(" ")}";
        }
        return null;
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _file?.Dispose();
    }

    private static ShardMember? Member(TarEntry entry)
    {
        // "tar -c ." puts "./" in front of every name.
        var path = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        var name = path.LastIndexOf('/') + 1;
        var dot = path.IndexOf('.', name);
        if (dot <= name || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
        {
            return null;
        }
        var kind = path[(dot + 1)..].ToLowerInvariant();
        if (!Array.Exists(_kinds, known => kind == known || kind.EndsWith('.' + known, StringComparison.Ordinal)))
        {
            return null;
        }
        byte[]? content = null;
        if (entry.Length <= LargestMember)
        {
            content = new byte[entry.Length];
            entry.DataStream?.ReadExactly(content);
        }
        return new ShardMember(path[..dot], kind, content);
    }

    /// <summary>A tar file ends with blocks of zeros; one that was cut between two members reads as if it were whole, but lacks them.</summary>
    private bool EndsAsATarDoes()
    {
        if (_file!.Length < BlockSize)
        {
            return false;
        }
        var end = new byte[BlockSize];
        _file.Seek(-BlockSize, SeekOrigin.End);
        _file.ReadExactly(end);
        return !end.AsSpan().ContainsAnyExcept((byte)0);
    }
}
