namespace MedMoE.Mesh.Serving.Batching;

/// <summary>
/// A queue is full, or too long for a deadline; the <paramref name="limit"/> says which. The caller should back off, not try another replica at once.
/// </summary>
public sealed class QueueFullException(string limit, TimeSpan retryAfter)
    : Exception($"{limit}; try again in {retryAfter.TotalMilliseconds} ms")
{
    public QueueFullException(int capacity, TimeSpan retryAfter)
        : this($"the queue of {capacity} requests is full", retryAfter)
    {
    }

    public TimeSpan RetryAfter { get; } = retryAfter;
}

/// <summary>The service is stopping and takes no more requests.</summary>
public sealed class DrainingException() : Exception("the service is stopping");
