using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Cache;

/// <summary>Where features are kept, and how long, from the section "Cache".</summary>
public sealed record CacheOptions
{
    public const string Section = "Cache";

    /// <summary>Redis as StackExchange.Redis takes it, <c>HOST:PORT</c> at the least. Default: none, only the level in the process.</summary>
    public string? Redis { get; init; }

    /// <summary>
    /// Bytes of the level in the process, everything that an entry takes counted; beyond them the entry that was not used for longest goes. The
    /// process takes up to a third more than these while entries come and go. Default 256 MiB.
    /// </summary>
    [Range(0L, long.MaxValue)]
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of an entry at most; a larger one is not kept. Default 16 MiB.</summary>
    [Range(0L, int.MaxValue)]
    public long MaxEntryBytes { get; init; } = 16L << 20;

    /// <summary>How long an entry is kept. Default 1 h.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a request waits for Redis to say whether it has an entry, small entries (64 KiB) included; after that the entry counts as missing.
    /// Default 20 ms.
    /// </summary>
    public TimeSpan RedisTimeout { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Bytes a second that a large entry has to come with: a request waits for it <see cref="RedisTimeout"/> and, for every byte of it and of
    /// those on their way before it, 1 / this. Default 50 MB/s (400 Mbit/s). Over a faster network entries of any size are found; over a slower
    /// one, of B bytes a second, those of up to RedisTimeout / (1/B - 1/RedisMinBandwidth) bytes: 333 kB at 100 Mbit/s.
    /// </summary>
    [Range(1L, long.MaxValue)]
    public long RedisMinBandwidth { get; init; } = 50_000_000;

    /// <summary>
    /// How long reads, reads of large entries, or writes are left out after one of them was refused or nothing was in time for as long; each by
    /// itself. Default 1 s.
    /// </summary>
    public TimeSpan RedisPause { get; init; } = TimeSpan.FromSeconds(1);
}
