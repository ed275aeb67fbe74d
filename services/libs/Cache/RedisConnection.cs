using StackExchange.Redis;

namespace MedMoE.Mesh.Cache;

/// <summary>
/// A Redis connection that counts its bytes in transfer. Redis answers in order, so large entries, which delay others, get their own connection.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private readonly Task<ConnectionMultiplexer> _opening;
    private long _bytes;

    public RedisConnection(ConfigurationOptions configuration) => _opening = ConnectionMultiplexer.ConnectAsync(configuration);

    public bool IsConnected => _opening.IsCompletedSuccessfully && _opening.Result.IsConnected;

    public async Task<IDatabase> Database() => (await _opening).GetDatabase();

    /// <summary>Counts bytes as in transfer; returns the total, including these.</summary>
    public long Begin(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>Ends the transfer of these bytes, successful or not.</summary>
    public void End(long bytes) => Interlocked.Add(ref _bytes, -bytes);

    public async ValueTask DisposeAsync()
    {
        // A connection that failed to open has nothing to close.
        await ((Task)_opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_opening.IsCompletedSuccessfully)
        {
            await _opening.Result.DisposeAsync();
        }
    }
}
