using System.Net.Security;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace MedMoE.Mesh.Cache;

/// <summary>
/// The Redis level. It never fails a request and never delays it beyond its timeout. Reads, large reads and writes are paused independently: a Redis
/// that is full or read-only still answers reads, and one that is too slow for pyramids may be fast enough for texts. Writes are queued, bounded in
/// bytes.
/// </summary>
internal sealed partial class RedisLevel : IAsyncDisposable
{
    /// <summary>Prefix of every key. Its number changes with the Redis type of the values, because Redis does not allow mixed types.</summary>
    public const string KeyPrefix = "medmoe2:";

    /// <summary>Entries up to this size in bytes come with the first answer: half a millisecond at 1 Gbit/s.</summary>
    private const int SmallEntry = 64 << 10;

    /// <summary>Limit of bytes of large entries read at the same time; further reads are misses.</summary>
    private const long MaxBytesReading = 64 << 20;

    private readonly CacheOptions _options;
    private readonly CacheMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RedisConnection _small;
    private readonly RedisConnection _large;
    private readonly CircuitBreaker _reads;
    private readonly CircuitBreaker _largeReads;
    private readonly CircuitBreaker _writes;
    private readonly WriteQueue _queue;
    private readonly Task _writer;
    private volatile bool _isStranger;

    /// <param name="options">Settings.</param>
    /// <param name="transport">Whose authority and certificate are used where Redis speaks TLS.</param>
    /// <param name="metrics">What is counted.</param>
    /// <param name="time">The clock of pauses.</param>
    /// <param name="logger">Where pauses are told.</param>
    public RedisLevel(CacheOptions options, MeshTransport transport, CacheMetrics metrics, TimeProvider time, ILogger logger)
    {
        (_options, _metrics, _time, _logger) = (options, metrics, time, logger);
        var configuration = ConfigurationOptions.Parse(options.Redis!);
        // Reconnect forever, and fail commands at once while there is no connection.
        configuration.AbortOnConnectFail = false;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ReconnectRetryPolicy = new LinearRetry((int)options.RedisPause.TotalMilliseconds);
        if (configuration.Ssl)
        {
            var tls = transport.ToOthers;
            // A hosted Redis has a certificate that the system trusts, one beside the mesh that of the mesh's authority.
            configuration.CertificateValidation += (sender, certificate, chain, errors) => !(_isStranger =
                errors != SslPolicyErrors.None && tls?.RemoteCertificateValidationCallback!(sender, certificate, chain, errors) != true);
            if (tls is not null)
            {
                configuration.CertificateSelection += tls.LocalCertificateSelectionCallback!;
            }
        }
        (_small, _large) = (new RedisConnection(configuration), new RedisConnection(configuration.Clone()));
        CircuitBreaker Breaker(string operations) =>
            new(options.RedisPause, time, reason => LogPaused(operations, reason), () => LogResumed(operations));
        (_reads, _largeReads, _writes) = (Breaker("reads"), Breaker("reads of large entries"), Breaker("writes"));
        _queue = new WriteQueue(metrics, () => _reads.IsOpen || _writes.IsOpen, TryWrite, EndLease);
        _writer = _queue.Run();
    }

    /// <summary>Tells if there is no connection, so that a wrong address is seen at the start and not at the first request.</summary>
    public async Task Connect()
    {
        try
        {
            await (await _small.Database()).PingAsync();
        }
        catch (Exception e)
        {
            _reads.Failed(Describe(e));
        }
    }

    /// <summary>The entry's bytes, or null: missing, timed out, failed, or damaged.</summary>
    public async Task<ReadOnlyMemory<byte>?> Get(string key)
    {
        if (_reads.IsOpen)
        {
            return null;
        }
        var (size, bytes) = await InTime(ReadSmall(key), _options.RedisTimeout, _reads);
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

    /// <summary>Queues an entry for writing.</summary>
    public void Set(PendingWrite entry) => _queue.Add(entry);

    /// <summary>
    /// Takes an entry's lease, unless another router has it. Null and not busy: Redis fails, or the entry could not come by it, so nobody is to be
    /// waited for.
    /// </summary>
    public async Task<(Lease? Lease, bool IsBusy)> Take(string key)
    {
        if (_reads.IsOpen || _largeReads.IsOpen || _writes.IsOpen)
        {
            return default;
        }
        var isTaken = await InTime(TryTake(key), _options.RedisTimeout, _reads);
        return (isTaken == true ? new Lease(this, key, _time) : null, isTaken == false);
    }

    /// <summary>Extends a lease. Nobody waits for the answer.</summary>
    public void Extend(string key) =>
        _ = Send(database => database.KeyExpireAsync(LeaseOf(key), Lease.Duration, flags: CommandFlags.FireAndForget));

    /// <summary>Ends a lease after the entries that are queued now have been written or dropped.</summary>
    public void Release(string key) => _queue.AddRelease(key);

    /// <summary>Completes the pending writes, unless Redis fails, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Complete();
        await _writer;
        await _small.DisposeAsync();
        await _large.DisposeAsync();
    }

    private static string LeaseOf(string key) => $"{key}:lease";

    /// <summary>Null if Redis takes no writes, which is no failure of reads.</summary>
    private async Task<bool?> TryTake(string key)
    {
        try
        {
            return await (await _small.Database()).LockTakeAsync(LeaseOf(key), RedisValue.EmptyString, Lease.Duration);
        }
        catch (Exception e) when (e is not TimeoutException)
        {
            _metrics.RedisFailed("write");
            Failed(e, _writes);
            return null;
        }
    }

    private Task EndLease(string key) => Send(database => database.KeyDeleteAsync(LeaseOf(key), CommandFlags.FireAndForget));

    /// <summary>Sends a command of a lease.</summary>
    private async Task Send(Func<IDatabase, Task> command)
    {
        try
        {
            await command(await _small.Database());
        }
        catch (Exception)
        {
            // The lease ends by itself.
            _metrics.RedisFailed("write");
        }
    }

    /// <summary>The entry's size, and its bytes if it is small.</summary>
    private async Task<(long Size, byte[]? Bytes)> ReadSmall(string key)
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

    /// <summary>Reads a large entry. Its bytes count as in transfer until they arrive, even after the timeout.</summary>
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

    private async Task<T?> InTime<T>(Task<T> answer, TimeSpan timeout, CircuitBreaker breaker)
    {
        try
        {
            var value = await answer.WaitAsync(timeout, _time);
            breaker.Succeeded();
            return value;
        }
        catch (Exception e)
        {
            // Observe a late exception, so that it is not reported as unobserved.
            _ = answer.ContinueWith(late => late.Exception, TaskScheduler.Default);
            _metrics.RedisFailed("read");
            Failed(e, breaker, timeout);
            return default;
        }
    }

    private void Failed(Exception e, CircuitBreaker breaker, TimeSpan? timeout = null)
    {
        if (e is TimeoutException)
        {
            breaker.TimedOut(timeout is { } most ? $"no answer within {most.TotalMilliseconds:F0} ms" : RedisFault.Describe(e, KeyPrefix));
        }
        else
        {
            // Without a connection all operations fail; that is one outage.
            (_small.IsConnected ? breaker : _reads).Failed(Describe(e));
        }
    }

    private string Describe(Exception e) => _isStranger && !_small.IsConnected
        ? "TLS: its certificate is not one of a trusted authority for its name" : RedisFault.Describe(e, KeyPrefix);

    private async Task<bool> TryWrite(string key, ReadOnlyMemory<byte> bytes)
    {
        var connection = bytes.Length <= SmallEntry ? _small : _large;
        connection.Begin(bytes.Length);
        try
        {
            // No request waits for this; StackExchange.Redis's own timeout applies.
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

    [LoggerMessage(LogLevel.Warning, "Redis: {Operations} fail ({Reason}); they are paused until they succeed")]
    private partial void LogPaused(string operations, string reason);

    [LoggerMessage(LogLevel.Information, "Redis: {Operations} work again")]
    private partial void LogResumed(string operations);
}
