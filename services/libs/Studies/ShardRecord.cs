using System.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>The consecutive members of one record of a shard, in the tar with index <paramref name="tar"/>.</summary>
internal sealed class ShardRecord(string shard, string key, int tar)
{
    /// <summary>Limit in bytes, so that a shard whose members all have one key is not held in memory.</summary>
    private const long LargestRecord = 256 << 20;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, byte[]> _members = [];
    private readonly DottedNames _dotted = new(key);
    private readonly SortedSet<string> _strange = new(StringComparer.Ordinal);
    private long _bytes;
    private string? _fault;

    public string Key => key;

    public bool IsWhole => Missing is null;

    /// <summary>Why it is not a study, judged by the members' names; null if all are present.</summary>
    public string? Fault => _fault ?? _dotted.Fault ?? (Missing is not { } missing ? null
        : Image is null && _dotted.Guess is { } dots ? $"{missing}; {dots}"
        : _strange.Count > 0 ? $"{missing}; it has .{string.Join(", .", _strange.Take(3))}{(_strange.Count > 3 ? ", …" : "")}"
        : missing);

    /// <summary>Whether its only fault is missing members, which may follow other records.</summary>
    public bool IsPart => _fault is null && _dotted.Fault is null && !IsWhole;

    /// <summary>Whether it has no member of a known kind.</summary>
    public bool IsStrange { get; private set; } = true;

    private string File => Path.GetFileName(shard);

    private byte[]? Image => ShardMember.ImageKinds.Select(_members.GetValueOrDefault).FirstOrDefault(image => image is not null);

    private string? Missing => Image is null ? "no image (.png, .jpg, .jpeg)"
        : !_members.ContainsKey("txt") ? "no report (.txt)"
        : !_members.ContainsKey("cls") && !_members.ContainsKey("json") ? "no label (.cls, .json)"
        : null;

    public bool Has(ShardMember member) => member.Key == key && member.Tar == tar;

    /// <summary><paramref name="read"/> reads the member, or returns null after a fault, which the shard reports.</summary>
    public void Add(ShardMember member, Func<byte[]?> read)
    {
        if (!member.IsKnown)
        {
            _strange.Add(member.Kind.Length > 12 ? member.Kind[..12] + "…" : member.Kind);
            return;
        }
        IsStrange = false;
        _dotted.Add(member);
        _fault ??= member.Fault is { } fault ? $".{member.Kind} {fault}"
            : _members.ContainsKey(member.Kind) ? $".{member.Kind} is duplicated"
            : member.IsImage && !member.HasDots && Image is not null ? $".{member.Kind} is a second image"
            : member.Length > LargestRecord ? $".{member.Kind} is too large"
            : (_bytes += member.Length) > LargestRecord ? $"over {LargestRecord >> 20} MiB in total"
            : null;
        if (_fault is not null || _dotted.Fault is not null)
        {
            _members.Clear();
        }
        else if (read() is { } content)
        {
            _members.Add(member.Kind, content);
        }
    }

    public StudyRecord ToStudyRecord(ReportTypes types) =>
        Fault is { } fault ? StudyRecord.Bad(key, fault, File) : new StudyRecord(key, () => ToStudy(types), File);

    private Study ToStudy(ReportTypes types)
    {
        var json = _members.TryGetValue("json", out var utf8) ? RecordJson.Parse(utf8) : null;
        var type = Type(json, types);
        var report = Text("txt");
        return string.IsNullOrWhiteSpace(report)
            ? throw new BadRecordException("empty report")
            : new Study(key, Image!, report, type, FindingJson.ToFindings(json?.Findings, Mask));
    }

    private int Type(RecordJson? json, ReportTypes types)
    {
        var where = $"{File}, {key}";
        int? named = string.IsNullOrWhiteSpace(json?.Type) ? null : types.Named(json.Type.Trim(), where);
        int? numbered = _members.ContainsKey("cls") ? types.Numbered(Text("cls"), where) : null;
        return named is not null && numbered is not null && named != numbered
            ? throw new BadRecordException("its .cls and .json have different types")
            : named ?? numbered ?? throw new BadRecordException("no label (.cls, or \"type\" in .json)");
    }

    private byte[] Mask(string member) =>
        _members.GetValueOrDefault(member.ToLowerInvariant()) ?? throw new BadRecordException($"no member .{member} for its mask");

    private string Text(string kind)
    {
        var bytes = _members[kind].AsSpan();
        try
        {
            return _strict.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new BadRecordException($".{kind} is not UTF-8");
        }
    }
}
