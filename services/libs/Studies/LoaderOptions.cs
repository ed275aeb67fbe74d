namespace MedMoE.Mesh.Studies;

public sealed record LoaderOptions
{
    /// <summary>Studies per batch. Default 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Default: mixed.</summary>
    public BatchPlan Batches { get; init; } = BatchPlan.Mixed;

    /// <summary>Seed of the order. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Size of the shuffle buffer for shards, in records, held as encoded bytes. Default 1,000.</summary>
    public int ShuffleWindow { get; init; } = 1000;

    /// <summary>Limit of studies read ahead, in batches. Default 4.</summary>
    public int ReadAhead { get; init; } = 4;

    /// <summary>Studies prepared in parallel. Default: the number of processors.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;
}
