using System.Buffers;
using System.Threading.Channels;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace MedMoE.Mesh.Cache;

/// <summary>
/// The level in Redis. No request ever fails of it, whatever it throws, or waits for it longer than it may: after a failure, or some slow answers
/// in a row, Redis is left alone for a while, and everything is a miss. Entries are written behind the requests, a few of them waiting at most.
/// </summary>
internal sealed partial class RedisLevel : IAsyncDisposable
{
    private const int MostWaiting = 64;

    /// <summary>Slow answers in a row that make it a matter of Redis, and not of a busy moment.</summary>
    private const int SlowInARow = 3;

    private readonly CacheOptions _options;
    private readonly CacheMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConfigurationOptions _connection;
    private readonly RedisCache _redis;
    private readonly DistributedCacheEntryOptions _lifetime;
    private readonly Channel<(string Key, ReadOnlyMemory<byte> Bytes)> _writes;
    private readonly Task _writer;
    private long _pausedUntil;
    private int _failing;
    private int _slow;

    public RedisLevel(CacheOptions options, CacheMetrics metrics, TimeProvider time, ILogger logger)
    {
        (_options, _metrics, _time, _logger) = (options, metrics, time, logger);
        _connection = ConfigurationOptions.Parse(options.Redis!);
        // Never give up, and never let commands wait for a connection.
        _connection.AbortOnConnectFail = false;
        _connection.BacklogPolicy = BacklogPolicy.FailFast;
        _connection.ReconnectRetryPolicy = new LinearRetry((int)options.RedisPause.TotalMilliseconds);
        _redis = new RedisCache(new RedisCacheOptions { ConnectionMultiplexerFactory = Connect });
        _lifetime = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = options.TimeToLive };
        _writes = Channel.CreateBounded<(string, ReadOnlyMemory<byte>)>(
            new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, _ => metrics.Dropped());
        _writer = Write();
        // Connected before the first request has to wait for it.
        _ = _redis.GetAsync("medmoe:connect").ContinueWith(failed => failed.Exception, TaskContinuationOptions.OnlyOnFaulted);
    }

    /// <summary>The entry's bytes, or null: there is none, or Redis cannot tell in time.</summary>
    public async Task<byte[]?> Get(string key)
    {
        if (IsPaused)
        {
            return null;
        }
        var answer = _redis.GetAsync(key);
        try
        {
            var bytes = await answer.WaitAsync(_options.RedisPatience, _time);
            Works();
            return bytes;
        }
        catch (Exception e)
        {
            // Whatever the late answer will be, somebody has looked at it.
            _ = answer.ContinueWith(late => late.Exception, TaskScheduler.Default);
            Failed(e);
            return null;
        }
    }

    /// <summary>Writes an entry some time soon.</summary>
    public void Set(string key, ReadOnlyMemory<byte> bytes)
    {
        if (!IsPaused)
        {
            _writes.Writer.TryWrite((key, bytes));
        }
    }

    /// <summary>Writes what waits, unless Redis fails, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _writes.Writer.Complete();
        await _writer;
        _redis.Dispose();
    }

    private bool IsPaused => _time.GetTimestamp() < Interlocked.Read(ref _pausedUntil);

    private async Task<IConnectionMultiplexer> Connect() => await ConnectionMultiplexer.ConnectAsync(_connection);

    private async Task Write()
    {
        await foreach (var (key, bytes) in _writes.Reader.ReadAllAsync())
        {
            if (IsPaused)
            {
                _metrics.Dropped();
                continue;
            }
            try
            {
                // Nobody waits for this: Redis has StackExchange.Redis's own patience for it.
                await ((IBufferDistributedCache)_redis).SetAsync(key, new ReadOnlySequence<byte>(bytes), _lifetime);
                Works();
            }
            catch (Exception e)
            {
                Failed(e);
            }
        }
    }

    private void Failed(Exception e)
    {
        _metrics.RedisFailed();
        if (e is TimeoutException && Interlocked.Increment(ref _slow) < SlowInARow)
        {
            return;
        }
        Interlocked.Exchange(ref _pausedUntil, _time.GetTimestamp() + (long)(_options.RedisPause.TotalSeconds * _time.TimestampFrequency));
        if (Interlocked.Exchange(ref _failing, 1) == 0)
        {
            LogFailing(e.GetType().Name);
        }
    }

    private void Works()
    {
        Interlocked.Exchange(ref _slow, 0);
        if (Interlocked.Exchange(ref _failing, 0) == 1)
        {
            LogWorks();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Redis does not answer ({Reason}); features are computed until it does")]
    private partial void LogFailing(string reason);

    [LoggerMessage(LogLevel.Information, "Redis answers again")]
    private partial void LogWorks();
}
