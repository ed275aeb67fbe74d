namespace MedMoE.Mesh.Studies;

/// <summary>
/// Members of one key whose kinds have further dots. They are either masks and notes of one record, or many studies with dots in their names (such as
/// UIDs), which get the same key because a key ends at the first dot.
/// </summary>
internal sealed class DottedNames(string key)
{
    /// <summary>Limit of masks and notes of one record.</summary>
    private const int Most = 1000;

    private readonly HashSet<string> _images = [];
    private readonly HashSet<string> _reports = [];
    private bool _isStudy;
    private int _members;
    private string _first = "";

    /// <summary>The fault if they are certainly several studies; else null.</summary>
    public string? Fault => _isStudy || _members > Most ? Guess : null;

    /// <summary>The fault if they may be several studies; else null.</summary>
    public string? Guess => _members == 0 ? null : $"{_members} members under key {key} have kinds like {Shown}: names with dots?";

    private string Shown => _first.Length > 12 ? $"{_first[..5]}…{_first[_first.LastIndexOf('.')..]}" : _first;

    public void Add(ShardMember member)
    {
        if (!member.HasDots)
        {
            return;
        }
        _first = _members == 0 ? member.Kind : _first;
        _members++;
        if (Fault is not null)
        {
            _images.Clear();
            _reports.Clear();
        }
        else if (member.IsImage || member.IsReport)
        {
            var (own, other) = member.IsImage ? (_images, _reports) : (_reports, _images);
            own.Add(member.Stem);
            _isStudy = other.Contains(member.Stem);
        }
    }
}
