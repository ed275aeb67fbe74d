using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Cache.Tests;

/// <summary>A cache of bytes on Redis, without entries in memory, and its log.</summary>
internal sealed class CacheUnderTest : IAsyncDisposable
{
    public static readonly EntryKind<byte[]> Kind = new("bytes", v => v.Length, (v, writer) => writer.Write(v), bytes => bytes.ToArray());

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly Meter _meter = new("cache test");
    private readonly FeatureCache _cache;
    private int _writes;

    public CacheUnderTest(CacheOptions options, MeshTransport? transport = null, TimeProvider? time = null) =>
        _cache = new FeatureCache(Options.Create(options with { MemoryBytes = 0 }), new CacheMetrics(_meter), Log, transport, time);

    public LogLines Log { get; } = new();

    /// <summary>Test options: longer timeouts than in production, because the machine may be busy, and short pauses.</summary>
    public static CacheOptions For(string redis) => new()
    {
        Redis = redis,
        RedisTimeout = TimeSpan.FromSeconds(10),
        RedisPause = TimeSpan.FromMilliseconds(50),
    };

    /// <summary>Writes entries with a separate cache; returns when they are in Redis.</summary>
    public static Task Fill(string redis, params (string Key, byte[] Value)[] entries) => Fill(redis, null, entries);

    /// <inheritdoc cref="Fill(string, ValueTuple{string, byte[]}[])"/>
    public static async Task Fill(string redis, MeshTransport? transport, params (string Key, byte[] Value)[] entries)
    {
        await using var cache = new CacheUnderTest(For(redis), transport);
        // Connects to Redis.
        await cache.Get("none");
        foreach (var (key, value) in entries)
        {
            cache.Set(key, value);
        }
    }

    public Task Connect() => _cache.Connect();

    public Task<byte[]?> Get(string key) => _cache.Get(Kind, key);

    public Task<(byte[]? Entry, IDisposable? Lease)> GetOrLease(string key, CancellationToken cancellation = default) =>
        _cache.GetOrLease(Kind, key, cancellation);

    public bool Set(string key, byte[] value) => _cache.Set(Kind, key, value, TimeSpan.Zero);

    /// <summary>Reads an entry, and writes others, until a line is logged.</summary>
    /// <param name="known">The entry to read; a miss is a failure unless <paramref name="mayMiss"/>.</param>
    /// <param name="mayMiss">Whether it may be missing.</param>
    public async Task<string> NextLine(string known, bool mayMiss = false)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            await ReadAndWrite(known, mayMiss);
            if (Log.TryRead() is { } line)
            {
                return line;
            }
            if (Stopwatch.GetElapsedTime(started) > _patience)
            {
                throw new TimeoutException($"no line was logged within {_patience}");
            }
        }
    }

    public async Task ReadAndWrite(string known, bool mayMiss = false)
    {
        Set($"new {_writes++}", new byte[100]);
        var entry = await Get(known);
        Assert.True(mayMiss || entry is not null, "a known entry was not found");
    }

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        _meter.Dispose();
    }
}
