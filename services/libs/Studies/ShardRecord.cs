using System.Text;

namespace MedMoE.Mesh.Studies;

/// <summary>The members of one record of a shard that follow each other.</summary>
/// <param name="shard">Path of the shard.</param>
/// <param name="key">What the members' names have in common.</param>
/// <param name="tar">Which of the shard's tars it lies in.</param>
internal sealed class ShardRecord(string shard, string key, int tar)
{
    /// <summary>Bytes that are kept of a record: a shard whose members all have one key is not to be held as a whole.</summary>
    private const long LargestRecord = 256 << 20;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, byte[]> _members = [];
    private readonly DottedNames _dotted = new(key);
    private readonly SortedSet<string> _strange = new(StringComparer.Ordinal);
    private long _bytes;
    private string? _fault;

    public string Key => key;

    /// <summary>Whether image, report and label are there.</summary>
    public bool IsWhole => Missing is null;

    /// <summary>Why it is no study, as far as its members' names tell; null where they are all there.</summary>
    public string? Fault => _fault ?? _dotted.Fault ?? (Missing is not { } missing ? null
        : Image is null && _dotted.Guess is { } dots ? $"{missing}; {dots}"
        : _strange.Count > 0 ? $"{missing}; it has .{string.Join(", .", _strange.Take(3))}{(_strange.Count > 3 ? ", …" : "")}"
        : missing);

    /// <summary>Whether nothing but members is amiss, which may yet come behind other records.</summary>
    public bool IsPart => _fault is null && _dotted.Fault is null && !IsWhole;

    /// <summary>Whether it has nothing that studies are made of.</summary>
    public bool IsStrange { get; private set; } = true;

    private byte[]? Image => ShardMember.ImageKinds.Select(_members.GetValueOrDefault).FirstOrDefault(image => image is not null);

    private string? Missing => Image is null ? "no image (.png, .jpg, .jpeg)"
        : !_members.ContainsKey("txt") ? "no report (.txt)"
        : !_members.ContainsKey("cls") && !_members.ContainsKey("json") ? "no label (.cls, .json)"
        : null;

    public bool Has(ShardMember member) => member.Key == key && member.Tar == tar;

    /// <param name="member">One of its members.</param>
    /// <param name="read">Reads it; null where that fails, which the shard tells.</param>
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
            : _members.ContainsKey(member.Kind) ? $".{member.Kind} is there twice"
            : member.IsImage && !member.HasDots && Image is not null ? $".{member.Kind} is its second image"
            : member.Length > LargestRecord ? $".{member.Kind} is too large"
            : (_bytes += member.Length) > LargestRecord ? $"over {LargestRecord >> 20} MiB in all"
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
        Fault is { } fault ? StudyRecord.Bad(key, fault) : new StudyRecord(key, () => ToStudy(types));

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
        var where = $"{Path.GetFileName(shard)}, {key}";
        int? named = string.IsNullOrWhiteSpace(json?.Type) ? null : types.Named(json.Type.Trim(), where);
        int? numbered = _members.ContainsKey("cls") ? types.Numbered(Text("cls"), where) : null;
        return named is not null && numbered is not null && named != numbered
            ? throw new BadRecordException("its .cls and .json have different types")
            : named ?? numbered ?? throw new BadRecordException("no label (.cls, or \"type\" in .json)");
    }

    private byte[] Mask(string member) =>
        _members.GetValueOrDefault(member.ToLowerInvariant()) ?? throw new BadRecordException($"no member .{member}, its mask");

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
