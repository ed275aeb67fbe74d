using StackExchange.Redis;

namespace MedMoE.Mesh.Cache;

/// <summary>
/// A connection to Redis, and the bytes of entries that are on their way over it. Redis answers in order: what is behind a large entry waits for
/// it, so large ones have a connection of their own.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private readonly Task<ConnectionMultiplexer> _opening;
    private long _bytes;

    public RedisConnection(ConfigurationOptions configuration) => _opening = ConnectionMultiplexer.ConnectAsync(configuration);

    /// <summary>Whether Redis can be reached now.</summary>
    public bool IsConnected => _opening.IsCompletedSuccessfully && _opening.Result.IsConnected;

    public async Task<IDatabase> Database() => (await _opening).GetDatabase();

    /// <summary>Counts bytes that are about to be moved; returns all of those on their way, these included.</summary>
    public long Begin(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>They have been moved, or will not be.</summary>
    public void End(long bytes) => Interlocked.Add(ref _bytes, -bytes);

    public async ValueTask DisposeAsync()
    {
        // One that cannot be opened has nothing to close.
        await ((Task)_opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_opening.IsCompletedSuccessfully)
        {
            await _opening.Result.DisposeAsync();
        }
    }
}
