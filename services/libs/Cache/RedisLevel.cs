using System.Buffers;
using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace MedMoE.Mesh.Cache;

/// <summary>
/// The level in Redis. No request ever fails of it, whatever it throws, or waits for it longer than it may. Reads, reads of large entries and
/// writes are paused each by itself: a Redis that is full or read-only still answers, and one that is too slow for pyramids may not be for texts.
/// Entries are written behind the requests, so many bytes of them waiting at most.
/// </summary>
internal sealed partial class RedisLevel : IAsyncDisposable
{
    /// <summary>What every key begins with. The number changes with the type of the keys' values, which Redis does not let be mixed.</summary>
    public const string KeyPrefix = "medmoe2:";

    /// <summary>Bytes up to which an entry comes with the first answer: half a millisecond at 1 Gbit/s.</summary>
    private const int SmallEntry = 64 << 10;

    /// <summary>Bytes of large entries on their way at once; further ones are misses.</summary>
    private const long MaxBytesReading = 64 << 20;

    /// <summary>Bytes of entries that wait to be written; further ones are dropped.</summary>
    private const long MaxBytesWaiting = 16 << 20;

    /// <summary>What an entry that waits takes besides its bytes.</summary>
    private const int WaitingOverhead = 512;

    private readonly CacheOptions _options;
    private readonly CacheMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RedisConnection _small;
    private readonly RedisConnection _large;
    private readonly CircuitBreaker _reads;
    private readonly CircuitBreaker _largeReads;
    private readonly CircuitBreaker _writes;
    private readonly Channel<PendingWrite> _waiting = Channel.CreateUnbounded<PendingWrite>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writer;
    private long _bytesWaiting;

    public RedisLevel(CacheOptions options, CacheMetrics metrics, TimeProvider time, ILogger logger)
    {
        (_options, _metrics, _time, _logger) = (options, metrics, time, logger);
        var configuration = ConfigurationOptions.Parse(options.Redis!);
        // Never give up, and never let commands wait for a connection.
        configuration.AbortOnConnectFail = false;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ReconnectRetryPolicy = new LinearRetry((int)options.RedisPause.TotalMilliseconds);
        (_small, _large) = (new RedisConnection(configuration), new RedisConnection(configuration.Clone()));
        CircuitBreaker Breaker(string operations) =>
            new(options.RedisPause, time, reason => LogBroke(operations, reason), () => LogHealed(operations));
        (_reads, _largeReads, _writes) = (Breaker("reads"), Breaker("reads of large entries"), Breaker("writes"));
        _writer = Write();
    }

    /// <summary>The entry's bytes, or null: there is none, Redis cannot tell in time, or they are not those that were written.</summary>
    public async Task<ReadOnlyMemory<byte>?> Get(string key)
    {
        if (_reads.IsOpen)
        {
            return null;
        }
        var (size, bytes) = await InTime(Look(key), _options.RedisTimeout, _reads);
        if (size > SmallEntry)
        {
            bytes = await GetLarge(key, size);
        }
        if (bytes is null or [])
        {
            return null;
        }
        var entry = EntryChecksum.Check(key, bytes);
        if (entry is null)
        {
            _metrics.Damaged();
        }
        return entry;
    }

    /// <summary>Writes an entry some time soon.</summary>
    public void Set(PendingWrite entry)
    {
        if (_reads.IsOpen || _writes.IsOpen)
        {
            return;
        }
        var bytes = entry.Size + WaitingOverhead;
        if (Interlocked.Add(ref _bytesWaiting, bytes) - bytes > MaxBytesWaiting || !_waiting.Writer.TryWrite(entry))
        {
            Interlocked.Add(ref _bytesWaiting, -bytes);
            _metrics.Dropped();
        }
    }

    /// <summary>Writes what waits, unless Redis fails, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.Complete();
        await _writer;
        await _small.DisposeAsync();
        await _large.DisposeAsync();
    }

    /// <summary>An entry's size, and its bytes where it is small.</summary>
    private async Task<(long Size, byte[]? Bytes)> Look(string key)
    {
        var database = await _small.Database();
        var size = database.StringLengthAsync(key);
        var bytes = database.StringGetRangeAsync(key, 0, SmallEntry - 1);
        await Task.WhenAll(size, bytes);
        return (await size, await bytes);
    }

    private async Task<byte[]?> GetLarge(string key, long size)
    {
        if (_largeReads.IsOpen)
        {
            return null;
        }
        var ahead = _large.Begin(size);
        if (ahead > MaxBytesReading)
        {
            _large.End(size);
            return null;
        }
        return await InTime(Fetch(key, size), _options.RedisTimeout + TimeSpan.FromSeconds((double)ahead / _options.RedisMinBandwidth), _largeReads);
    }

    /// <summary>Reads a large entry; its bytes count as on their way until they are here, however late.</summary>
    private async Task<byte[]?> Fetch(string key, long size)
    {
        try
        {
            return await (await _large.Database()).StringGetAsync(key);
        }
        finally
        {
            _large.End(size);
        }
    }

    private async Task<T?> InTime<T>(Task<T> answer, TimeSpan patience, CircuitBreaker breaker)
    {
        try
        {
            var value = await answer.WaitAsync(patience, _time);
            breaker.Succeeded();
            return value;
        }
        catch (Exception e)
        {
            // Observe a late exception, so that it is not reported as unobserved.
            _ = answer.ContinueWith(late => late.Exception, TaskScheduler.Default);
            _metrics.RedisFailed("read");
            Failed(e, breaker, patience);
            return default;
        }
    }

    private void Failed(Exception e, CircuitBreaker breaker, TimeSpan? patience = null)
    {
        if (e is TimeoutException)
        {
            breaker.TimedOut(patience is { } most ? $"no answer within {most.TotalMilliseconds:F0} ms" : RedisFault.Describe(e, KeyPrefix));
        }
        else
        {
            // Without a connection everything fails: that is one trouble.
            (_small.IsConnected ? breaker : _reads).Failed(RedisFault.Describe(e, KeyPrefix));
        }
    }

    private async Task Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        await foreach (var entry in _waiting.Reader.ReadAllAsync())
        {
            Interlocked.Add(ref _bytesWaiting, -entry.Size - WaitingOverhead);
            if (_reads.IsOpen || _writes.IsOpen)
            {
                _metrics.Dropped();
                continue;
            }
            if (entry.Size + EntryChecksum.Length > buffer.Capacity)
            {
                buffer = new ArrayBufferWriter<byte>(entry.Size + EntryChecksum.Length);
            }
            buffer.ResetWrittenCount();
            entry.Write(buffer);
            Debug.Assert(buffer.WrittenCount == entry.Size, "an entry writes another size than it says");
            EntryChecksum.Append(entry.Key, buffer);
            if (!await TryWrite(entry.Key, buffer.WrittenMemory))
            {
                // It may still be on its way out of this buffer.
                buffer = new ArrayBufferWriter<byte>();
            }
        }
    }

    private async Task<bool> TryWrite(string key, ReadOnlyMemory<byte> bytes)
    {
        var connection = bytes.Length <= SmallEntry ? _small : _large;
        connection.Begin(bytes.Length);
        try
        {
            // Nobody waits for this: Redis has StackExchange.Redis's own time-out for it.
            await (await connection.Database()).StringSetAsync(key, bytes, _options.TimeToLive);
            _writes.Succeeded();
            return true;
        }
        catch (Exception e)
        {
            _metrics.RedisFailed("write");
            Failed(e, _writes);
            return false;
        }
        finally
        {
            connection.End(bytes.Length);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Redis: {Operations} fail ({Reason}); they are left out until they do not")]
    private partial void LogBroke(string operations, string reason);

    [LoggerMessage(LogLevel.Information, "Redis: {Operations} work again")]
    private partial void LogHealed(string operations);
}
