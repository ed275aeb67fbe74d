namespace MedMoE.Mesh.Studies;

/// <summary>How studies are read.</summary>
public sealed record LoaderOptions
{
    /// <summary>Studies of a batch. Default 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>What a batch is made of. Default: studies that follow each other.</summary>
    public BatchPlan Batches { get; init; } = BatchPlan.Mixed;

    /// <summary>Of the order. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Records of shards, as encoded bytes, that the next one is drawn from. Default 1,000.</summary>
    public int ShuffleWindow { get; init; } = 1000;

    /// <summary>Batches' worth of studies that are read, prepared and waiting at most. Default 4.</summary>
    public int ReadAhead { get; init; } = 4;

    /// <summary>Studies prepared at a time. Default: as many as there are processors.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;
}
