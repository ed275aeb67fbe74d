using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Cache;

/// <summary>Settings of the feature cache, section "Cache".</summary>
public sealed record CacheOptions
{
    public const string Section = "Cache";

    /// <summary>Redis configuration of StackExchange.Redis, at least <c>HOST:PORT</c>. Default: none, only the in-process level.</summary>
    public string? Redis { get; init; }

    /// <summary>
    /// Capacity of the in-process level in bytes, overhead included; past it the least recently used entry is evicted. While entries are replaced,
    /// the process takes up to a third more. Default 256 MiB.
    /// </summary>
    [Range(0L, long.MaxValue)]
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>Limit of an entry in bytes; a larger one is not cached. Default 16 MiB.</summary>
    [Range(0L, int.MaxValue)]
    public long MaxEntryBytes { get; init; } = 16L << 20;

    /// <summary>How long an entry is kept. Default 1 h.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Timeout of a Redis lookup, with the bytes of a small entry (64 KiB); then the entry counts as missing. Default 20 ms.</summary>
    public TimeSpan RedisTimeout { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Least bandwidth for large entries in bytes/s: the read timeout is <see cref="RedisTimeout"/> plus the time that this bandwidth needs for the
    /// entry and those being read before it. Default 50 MB/s (400 Mbit/s). A faster network finds entries of any size; a slower one, of B bytes/s,
    /// finds those up to RedisTimeout / (1/B - 1/RedisMinBandwidth) bytes: 333 kB at 100 Mbit/s.
    /// </summary>
    [Range(1L, long.MaxValue)]
    public long RedisMinBandwidth { get; init; } = 50_000_000;

    /// <summary>Pause of reads, large reads or writes, each on its own, after one failed or all timed out for this long. Default 1 s.</summary>
    public TimeSpan RedisPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a router waits for a pyramid that another router on the same Redis computes; then it computes it, too. 0: routers do not wait for
    /// each other. Default 5 s: a full queue of a backbone that takes 70 ms for an image.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan LeaseWait { get; init; } = TimeSpan.FromSeconds(5);
}
