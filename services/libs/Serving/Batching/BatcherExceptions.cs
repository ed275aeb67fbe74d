namespace MedMoE.Mesh.Serving.Batching;

/// <summary>There is no room: the caller should wait, not try another replica at once.</summary>
/// <param name="limit">What is full, and how much fits.</param>
/// <param name="retryAfter">When to try again.</param>
public sealed class QueueFullException(string limit, TimeSpan retryAfter)
    : Exception($"{limit}; try again in {retryAfter.TotalMilliseconds} ms")
{
    /// <param name="capacity">Requests that may wait.</param>
    /// <param name="retryAfter">When to try again.</param>
    public QueueFullException(int capacity, TimeSpan retryAfter)
        : this($"the queue of {capacity} requests is full", retryAfter)
    {
    }

    public TimeSpan RetryAfter { get; } = retryAfter;
}

/// <summary>The service is stopping and takes no more requests.</summary>
public sealed class DrainingException() : Exception("the service is stopping");
