using System.ComponentModel.DataAnnotations;

namespace MedMoE.Mesh.Cache;

/// <summary>Where features are kept, and how long, from the section "Cache".</summary>
public sealed record CacheOptions
{
    public const string Section = "Cache";

    /// <summary>Redis as StackExchange.Redis takes it, <c>HOST:PORT</c> at the least. Default: none, only the level in the process.</summary>
    public string? Redis { get; init; }

    /// <summary>Bytes of the level in the process; beyond them the entry that was not used for longest goes. Default 256 MiB.</summary>
    [Range(0L, long.MaxValue)]
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of an entry at most; a larger one is not kept. Default 16 MiB.</summary>
    [Range(0L, int.MaxValue)]
    public long LargestEntry { get; init; } = 16L << 20;

    /// <summary>How long an entry is kept. Default 1 h.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a request waits for Redis to connect or to answer; after that the entry counts as missing. Default 20 ms.</summary>
    public TimeSpan RedisPatience { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long Redis is left alone after it failed or was slow. Default 1 s.</summary>
    public TimeSpan RedisPause { get; init; } = TimeSpan.FromSeconds(1);
}
