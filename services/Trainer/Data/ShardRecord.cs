using System.Text;

namespace MedMoE.Mesh.Trainer.Data;

/// <summary>The members of one record of a shard.</summary>
/// <param name="shard">Path of the shard.</param>
/// <param name="key">What the members' names have in common.</param>
internal sealed class ShardRecord(string shard, string key)
{
    private static readonly string[] _imageKinds = ["png", "jpg", "jpeg"];
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, byte[]> _members = [];
    private string? _fault;

    public string Key => key;

    /// <summary>Whether image, report and label are there.</summary>
    public bool IsWhole => Missing is null;

    private byte[]? Image => _imageKinds.Select(_members.GetValueOrDefault).FirstOrDefault(image => image is not null);

    private string? Missing => Image is null ? "no image (.png, .jpg, .jpeg)"
        : !_members.ContainsKey("txt") ? "no report (.txt)"
        : !_members.ContainsKey("cls") && !_members.ContainsKey("json") ? "no label (.cls, .json)"
        : null;

    public void Add(ShardMember member)
    {
        if (member.Content is null)
        {
            _fault ??= $".{member.Kind} is too large";
        }
        else if (!_members.TryAdd(member.Kind, member.Content))
        {
            _fault ??= $".{member.Kind} is there twice";
        }
    }

    public StudyRecord ToStudyRecord(ReportTypes types) =>
        (_fault ?? Missing) is { } fault ? StudyRecord.Bad(key, fault) : new StudyRecord(key, () => ToStudy(types));

    private Study ToStudy(ReportTypes types)
    {
        var json = _members.TryGetValue("json", out var utf8) ? RecordJson.Parse(utf8) : null;
        var type = Type(json, types);
        var report = Text("txt");
        return string.IsNullOrWhiteSpace(report)
            ? throw new BadRecordException("empty report")
            : new Study(key, Image!, report, type, [.. (json?.Findings ?? []).Select(f => f.ToFinding(Mask))]);
    }

    private int Type(RecordJson? json, ReportTypes types)
    {
        var where = $"{Path.GetFileName(shard)}, {key}";
        int? named = json?.Type is { } name ? types.Named(name.Trim(), where) : null;
        int? numbered = _members.ContainsKey("cls") ? types.Numbered(Text("cls"), where) : null;
        return named is not null && numbered is not null && named != numbered
            ? throw new BadRecordException("its .cls and .json have different types")
            : named ?? numbered ?? throw new BadRecordException("no label (.cls, or \"type\" in .json)");
    }

    private byte[] Mask(string member) => _members.GetValueOrDefault(member.ToLowerInvariant()) ?? throw new BadRecordException($"no member .{member}, its mask");

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
