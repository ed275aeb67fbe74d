namespace MedMoE.Mesh.Studies;

/// <summary>The records of a shard that lack a member, until its end: what they lack may come behind other records.</summary>
internal sealed class RecordParts
{
    private readonly Dictionary<string, int> _times = [];
    private readonly OrderedDictionary<string, string> _parts = [];
    private readonly List<(string Key, string Fault)> _strange = [];

    /// <summary>What is wrong with those that lack something, each once.</summary>
    public IEnumerable<(string Key, string Fault)> Faults =>
    [
        .. _parts.Select(part => (part.Key, _times[part.Key] == 1 ? part.Value : $"comes {_times[part.Key]} times: its members are not neighbours")),
        .. _strange.Where(record => !_times.ContainsKey(record.Key)),
    ];

    /// <summary>Whether a record is for whoever reads the shard: it is whole, or bad for another reason than a member that is not there.</summary>
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
