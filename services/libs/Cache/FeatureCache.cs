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

    private readonly CacheOptions _options;
    private readonly CacheMetrics _metrics;
    private readonly MemoryLevel _memory;
    private readonly RedisLevel? _redis;

    public FeatureCache(
        IOptions<CacheOptions> options, CacheMetrics metrics, ILogger<FeatureCache> logger, MeshTransport? transport = null,
        TimeProvider? time = null)
    {
        (_options, _metrics) = (options.Value, metrics);
        _memory = new MemoryLevel(_options.MemoryBytes, _options.TimeToLive, time ?? TimeProvider.System);
        _redis = string.IsNullOrWhiteSpace(_options.Redis)
            ? null
            : new RedisLevel(_options, transport ?? MeshTransport.Plain, metrics, time ?? TimeProvider.System, logger);
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
        if (Peek(kind, key) is { } known)
        {
            return known;
        }
        if (_redis is not null && await _redis.Get(FullKey(kind, key)) is { } bytes && Read(kind, bytes) is { } entry)
        {
            _memory.Set(FullKey(kind, key), entry.Value, bytes.Length, kind.Overhead(entry.Value), entry.Cost);
            _metrics.Hit(kind.Name, "redis", bytes.Length, entry.Cost);
            return entry.Value;
        }
        _metrics.Missed(kind.Name);
        return null;
    }

    /// <summary>Adds an entry. The value must not change afterwards; <paramref name="cost"/> is the time it took to compute.</summary>
    public void Set<T>(EntryKind<T> kind, string key, T value, TimeSpan cost)
        where T : class
    {
        var size = kind.Size(value);
        if (size > _options.MaxEntryBytes)
        {
            return;
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
    }

    /// <summary>Completes the pending writes.</summary>
    public ValueTask DisposeAsync() => _redis?.DisposeAsync() ?? ValueTask.CompletedTask;

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
