using System.Buffers.Binary;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Cache;

/// <summary>Cache of features: a bounded in-process level, then Redis, shared by all routers. A failure of Redis is only a miss.</summary>
public sealed class FeatureCache : IAsyncDisposable
{
    // Before an entry's bytes in Redis: the format, and the milliseconds that computing it took.
    private const int HeaderLength = 5;
    private const byte Format = 2;

    // A router that waits for another one looks for the entry after each tenth of the time it has waited: so it waits a tenth longer at most.
    private static readonly TimeSpan _shortestPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan _longestPause = TimeSpan.FromMilliseconds(100);

    private readonly CacheOptions _options;
    private readonly CacheMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly MemoryLevel _memory;
    private readonly RedisLevel? _redis;

    public FeatureCache(
        IOptions<CacheOptions> options, CacheMetrics metrics, ILogger<FeatureCache> logger, MeshTransport? transport = null,
        TimeProvider? time = null)
    {
        (_options, _metrics, _time) = (options.Value, metrics, time ?? TimeProvider.System);
        _memory = new MemoryLevel(_options.MemoryBytes, _options.TimeToLive, _time);
        _redis = string.IsNullOrWhiteSpace(_options.Redis)
            ? null
            : new RedisLevel(_options, transport ?? MeshTransport.Plain, metrics, _time, logger);
    }

    /// <summary>Logs whether Redis, if there is one, cannot be reached. The cache is usable at once and either way.</summary>
    public Task Connect() => _redis?.Connect() ?? Task.CompletedTask;

    /// <summary>Looks only into the in-process level; null there does not count as a miss.</summary>
    public T? Peek<T>(EntryKind<T> kind, string key)
        where T : class
    {
        if (_memory.Get(FullKey(kind, key)) is not { } entry)
        {
            return null;
        }
        _metrics.Hit(kind.Name, "memory", entry.Size, entry.Cost);
        return (T)entry.Value;
    }

    public async Task<T?> Get<T>(EntryKind<T> kind, string key)
        where T : class
    {
        if (await Find(kind, key) is { } known)
        {
            return known;
        }
        _metrics.Missed(kind.Name);
        return null;
    }

    /// <summary>
    /// As <see cref="Get"/>, for an entry that takes long to compute: of the routers on a Redis that miss it, one gets its lease. The others wait
    /// here for the entry, or for the lease if its holder has failed. Neither entry nor lease: compute it without waiting for anybody.
    /// </summary>
    /// <returns>The entry, or the lease to hold until the entry has been set or computing it has failed.</returns>
    public async Task<(T? Entry, IDisposable? Lease)> GetOrLease<T>(EntryKind<T> kind, string key, CancellationToken cancellation)
        where T : class
    {
        if (_redis is null || _options.LeaseWait == TimeSpan.Zero)
        {
            return (await Get(kind, key), null);
        }
        if (await Find(kind, key) is { } known)
        {
            return (known, null);
        }
        var started = _time.GetTimestamp();
        while (true)
        {
            // Redis runs both in one round trip and in this order: after a lease that has ended, its holder's entry is found.
            var taking = _redis.Take(FullKey(kind, key));
            var entry = await Find(kind, key);
            var (lease, isBusy) = await taking;
            if (entry is not null)
            {
                lease?.Dispose();
                _metrics.Awaited(kind.Name);
                return (entry, null);
            }
            var waited = _time.GetElapsedTime(started);
            if (!isBusy || waited >= _options.LeaseWait)
            {
                _metrics.Missed(kind.Name);
                return (null, lease);
            }
            var pause = TimeSpan.FromTicks(Math.Clamp(waited.Ticks / 10, _shortestPause.Ticks, _longestPause.Ticks));
            await Task.Delay(pause, _time, cancellation);
        }
    }

    /// <summary>Adds an entry. The value must not change afterwards; <paramref name="cost"/> is the time it took to compute.</summary>
    /// <returns>Whether it is small enough to be kept.</returns>
    public bool Set<T>(EntryKind<T> kind, string key, T value, TimeSpan cost)
        where T : class
    {
        var size = kind.Size(value);
        if (size > _options.MaxEntryBytes)
        {
            return false;
        }
        _memory.Set(FullKey(kind, key), value, size, kind.Overhead(value), cost);
        _redis?.Set(new PendingWrite(FullKey(kind, key), HeaderLength + size, bytes =>
        {
            var header = bytes.GetSpan(HeaderLength);
            header[0] = Format;
            BinaryPrimitives.WriteSingleLittleEndian(header[1..], (float)cost.TotalMilliseconds);
            bytes.Advance(HeaderLength);
            kind.Write(value, bytes);
        }));
        return true;
    }

    /// <summary>Completes the pending writes.</summary>
    public ValueTask DisposeAsync() => _redis?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>The entry from either level. Null does not count as a miss.</summary>
    private async Task<T?> Find<T>(EntryKind<T> kind, string key)
        where T : class
    {
        if (Peek(kind, key) is { } known)
        {
            return known;
        }
        if (_redis is null || await _redis.Get(FullKey(kind, key)) is not { } bytes || Read(kind, bytes) is not { } entry)
        {
            return null;
        }
        _memory.Set(FullKey(kind, key), entry.Value, bytes.Length, kind.Overhead(entry.Value), entry.Cost);
        _metrics.Hit(kind.Name, "redis", bytes.Length, entry.Cost);
        return entry.Value;
    }

    private static string FullKey<T>(EntryKind<T> kind, string key)
        where T : class => $"{RedisLevel.KeyPrefix}{kind.Name}:{key}";

    /// <summary>Null if this version did not write the bytes.</summary>
    private static (T Value, TimeSpan Cost)? Read<T>(EntryKind<T> kind, ReadOnlyMemory<byte> bytes)
        where T : class
    {
        if (bytes.Length < HeaderLength || bytes.Span[0] != Format)
        {
            return null;
        }
        try
        {
            var milliseconds = BinaryPrimitives.ReadSingleLittleEndian(bytes.Span[1..]);
            return (kind.Read(bytes[HeaderLength..]), TimeSpan.FromMilliseconds(float.IsFinite(milliseconds) ? milliseconds : 0));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
