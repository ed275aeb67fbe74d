namespace MedMoE.Mesh.Serving.Batching;

/// <summary>
/// For work in front of a model that takes memory, such as decoding an image: so much of it at once, so much may wait, and the rest is refused.
/// </summary>
/// <param name="atOnce">How much runs at once.</param>
/// <param name="waiting">How much may wait.</param>
/// <param name="retryAfter">What a refused caller is told to wait.</param>
/// <param name="metrics">Told of what is refused: to callers it is one queue.</param>
public sealed class Places(int atOnce, int waiting, TimeSpan retryAfter, BatcherMetrics metrics) : IDisposable
{
    private readonly SemaphoreSlim _free = new(atOnce);
    private int _present;

    /// <exception cref="QueueFullException">Too much waits. Thrown at once.</exception>
    public async Task<T> Run<T>(Func<T> work, CancellationToken cancellation)
    {
        try
        {
            if (Interlocked.Increment(ref _present) > atOnce + waiting)
            {
                metrics.Refused(1);
                throw new QueueFullException(waiting, retryAfter);
            }
            await _free.WaitAsync(cancellation);
            try
            {
                return work();
            }
            finally
            {
                _free.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _present);
        }
    }

    public void Dispose() => _free.Dispose();
}
