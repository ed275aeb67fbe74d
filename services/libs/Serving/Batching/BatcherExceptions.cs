namespace MedMoE.Mesh.Serving.Batching;

/// <summary>The queue is full: the caller should wait, not try another replica at once.</summary>
/// <param name="capacity">Requests that may wait.</param>
/// <param name="retryAfter">When to try again.</param>
public sealed class QueueFullException(int capacity, TimeSpan retryAfter)
    : Exception($"the queue of {capacity} requests is full; try again in {retryAfter.TotalMilliseconds} ms")
{
    public TimeSpan RetryAfter { get; } = retryAfter;
}

/// <summary>The service is stopping and takes no more requests.</summary>
public sealed class DrainingException() : Exception("the service is stopping");
