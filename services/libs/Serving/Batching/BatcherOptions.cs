namespace MedMoE.Mesh.Serving.Batching;

public sealed record BatcherOptions
{
    /// <summary>Capacity of the queue in requests. Requests past it are refused at once. Default 256.</summary>
    public int QueueCapacity { get; init; } = 256;

    /// <summary>Limit of requests per batch. Default 8.</summary>
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>
    /// Queue delay: how long an idle model waits for more requests, counted from the oldest. Default 0: an idle model starts at once, and batches
    /// form while it is busy.
    /// </summary>
    public TimeSpan MaxQueueDelay { get; init; } = TimeSpan.Zero;

    /// <summary>Back-off that a refused caller is given. Default 100 ms.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(100);
}
