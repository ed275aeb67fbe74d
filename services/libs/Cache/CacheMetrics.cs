using System.Diagnostics.Metrics;

namespace MedMoE.Mesh.Cache;

/// <summary>Metrics of the cache, tagged with the kind of entry and the level that had it.</summary>
public sealed class CacheMetrics(Meter meter)
{
    private readonly Counter<long> _hits = meter.CreateCounter<long>("medmoe.cache.hits", "{entry}", "Entries found.");
    private readonly Counter<long> _misses = meter.CreateCounter<long>("medmoe.cache.misses", "{entry}", "Entries not found in any level.");
    private readonly Counter<long> _awaited = meter.CreateCounter<long>(
        "medmoe.cache.awaited", "{entry}", "Entries taken from another router, which was computing them.");
    private readonly Counter<long> _bytes = meter.CreateCounter<long>("medmoe.cache.bytes", "By", "Bytes of the entries found.");
    private readonly Counter<double> _saved = meter.CreateCounter<double>("medmoe.cache.saved", "ms", "Computation time saved by the entries found.");
    private readonly Counter<long> _failures = meter.CreateCounter<long>(
        "medmoe.cache.redis.failures", "{operation}", "Redis operations that failed or timed out.");
    private readonly Counter<long> _dropped = meter.CreateCounter<long>(
        "medmoe.cache.redis.dropped", "{entry}", "Entries not written because the write queue was full or writes were paused.");
    private readonly Counter<long> _damaged = meter.CreateCounter<long>(
        "medmoe.cache.redis.damaged", "{entry}", "Entries from Redis with a wrong checksum.");

    public void Hit(string kind, string level, long bytes, TimeSpan saved)
    {
        KeyValuePair<string, object?> kindTag = new("kind", kind), levelTag = new("level", level);
        _hits.Add(1, kindTag, levelTag);
        _bytes.Add(bytes, kindTag, levelTag);
        _saved.Add(saved.TotalMilliseconds, kindTag, levelTag);
    }

    public void Missed(string kind) => _misses.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void Awaited(string kind) => _awaited.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <param name="operation">"read" or "write".</param>
    public void RedisFailed(string operation) => _failures.Add(1, new KeyValuePair<string, object?>("operation", operation));

    public void Dropped() => _dropped.Add(1);

    public void Damaged() => _damaged.Add(1);
}
