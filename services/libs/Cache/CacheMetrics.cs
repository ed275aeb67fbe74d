using System.Diagnostics.Metrics;

namespace MedMoE.Mesh.Cache;

/// <summary>What the cache tells of itself, tagged with the kind of entry and the level that answered.</summary>
/// <param name="meter">The meter to count under; its owner disposes of it.</param>
public sealed class CacheMetrics(Meter meter)
{
    private readonly Counter<long> _hits = meter.CreateCounter<long>("medmoe.cache.hits", "{entry}", "Entries found.");
    private readonly Counter<long> _misses = meter.CreateCounter<long>("medmoe.cache.misses", "{entry}", "Entries not found in any level.");
    private readonly Counter<long> _bytes = meter.CreateCounter<long>("medmoe.cache.bytes", "By", "Bytes of the entries found.");
    private readonly Counter<double> _saved = meter.CreateCounter<double>(
        "medmoe.cache.saved", "ms", "Time that making the entries found had taken.");
    private readonly Counter<long> _failures = meter.CreateCounter<long>(
        "medmoe.cache.redis.failures", "{operation}", "Operations that Redis failed or was too slow for.");
    private readonly Counter<long> _dropped = meter.CreateCounter<long>(
        "medmoe.cache.redis.dropped", "{entry}", "Entries not written because too many waited.");
    private readonly Counter<long> _damaged = meter.CreateCounter<long>(
        "medmoe.cache.redis.damaged", "{entry}", "Entries that Redis did not give back as they were written.");

    public void Hit(string kind, string level, long bytes, TimeSpan saved)
    {
        KeyValuePair<string, object?> kindTag = new("kind", kind), levelTag = new("level", level);
        _hits.Add(1, kindTag, levelTag);
        _bytes.Add(bytes, kindTag, levelTag);
        _saved.Add(saved.TotalMilliseconds, kindTag, levelTag);
    }

    public void Missed(string kind) => _misses.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <param name="operation">"read" or "write".</param>
    public void RedisFailed(string operation) => _failures.Add(1, new KeyValuePair<string, object?>("operation", operation));

    public void Dropped() => _dropped.Add(1);

    public void Damaged() => _damaged.Add(1);
}
