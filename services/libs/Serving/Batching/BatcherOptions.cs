namespace MedMoE.Mesh.Serving.Batching;

/// <summary>How requests become batches.</summary>
public sealed record BatcherOptions
{
    /// <summary>Requests that may wait. One more is refused at once. Default 256.</summary>
    public int QueueCapacity { get; init; } = 256;

    /// <summary>Requests of a batch at most. Default 8.</summary>
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>
    /// How long the oldest request may wait for company while the model is idle. Default 0: batches form while the model is busy, and an
    /// idle model starts at once.
    /// </summary>
    public TimeSpan MaxQueueDelay { get; init; } = TimeSpan.Zero;

    /// <summary>What a refused caller is told to wait before it tries again. Default 100 ms.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(100);
}
