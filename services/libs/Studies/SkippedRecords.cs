namespace MedMoE.Mesh.Studies;

/// <summary>A record that was left out.</summary>
/// <param name="Key">Its name, or where it stands.</param>
/// <param name="Reason">Why it is no study, in one line.</param>
public readonly record struct SkippedRecord(string Key, string Reason)
{
    public override string ToString() => $"{Key}: {Reason}";
}

/// <summary>What a pass over the data left out: all of it counted, the first ones by name.</summary>
/// <param name="named">How many are kept by name. Default 20.</param>
public sealed class SkippedRecords(int named = 20)
{
    private const int NamedInALine = 5;

    private readonly List<SkippedRecord> _first = [];

    /// <summary>Records left out.</summary>
    public int Count { get; private set; }

    /// <summary>The first of them, in the order of reading.</summary>
    public IReadOnlyList<SkippedRecord> First => _first;

    /// <summary>One line for people.</summary>
    public override string ToString() => $"{Count} records; the first: {string.Join("; ", _first.Take(NamedInALine))}";

    public void Add(string key, string reason)
    {
        Count++;
        if (_first.Count < named)
        {
            _first.Add(new SkippedRecord(key, reason));
        }
    }
}
