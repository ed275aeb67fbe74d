namespace MedMoE.Mesh.Studies;

/// <summary>Collects the incomplete records of a shard until its end, because their missing members may follow other records.</summary>
internal sealed class RecordParts
{
    private readonly Dictionary<string, int> _times = [];
    private readonly OrderedDictionary<string, string> _parts = [];
    private readonly List<(string Key, string Fault)> _strange = [];

    /// <summary>The faults of incomplete records, one per key.</summary>
    public IEnumerable<(string Key, string Fault)> Faults =>
    [
        .. _parts.Select(part => (part.Key, _times[part.Key] == 1 ? part.Value : $"appears {_times[part.Key]} times: its members are not adjacent")),
        .. _strange.Where(record => !_times.ContainsKey(record.Key)),
    ];

    /// <summary>Whether the record can be returned now: it is complete, or bad for another reason than a missing member.</summary>
    public bool Add(ShardRecord record)
    {
        if (record.IsStrange)
        {
            _strange.Add((record.Key, record.Fault!));
            return false;
        }
        _times[record.Key] = _times.GetValueOrDefault(record.Key) + 1;
        if (record.IsPart)
        {
            _parts.TryAdd(record.Key, record.Fault!);
        }
        return !record.IsPart;
    }
}
