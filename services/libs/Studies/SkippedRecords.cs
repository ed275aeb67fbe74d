namespace MedMoE.Mesh.Studies;

/// <summary>A skipped record: its name or position, and the reason in one line.</summary>
public readonly record struct SkippedRecord(string Key, string Reason)
{
    public override string ToString() => $"{Key}: {Reason}";
}

/// <summary>Skipped records of a pass over the data: all are counted, the first are kept by name.</summary>
public sealed class SkippedRecords(int named = 20)
{
    private const int NamedInALine = 5;

    private readonly List<SkippedRecord> _first = [];

    public int Count { get; private set; }

    /// <summary>Valid studies that the pass did not use, because the last batch was not full; not among those counted.</summary>
    public int Unbatched { get; set; }

    public IReadOnlyList<SkippedRecord> First => _first;

    public override string ToString() => Count == 1 ? $"1 record: {_first[0]}"
        : $"{Count} records{(Count > NamedInALine ? $"; the first {NamedInALine}" : "")}: {string.Join("; ", _first.Take(NamedInALine))}";

    public void Add(string key, string reason)
    {
        Count++;
        if (_first.Count < named)
        {
            _first.Add(new SkippedRecord(key, reason));
        }
    }
}
