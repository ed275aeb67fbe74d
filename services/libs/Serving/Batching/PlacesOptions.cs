namespace MedMoE.Mesh.Serving.Batching;

/// <summary>How much work there is room for in front of a model.</summary>
public sealed record PlacesOptions
{
    /// <summary>How much runs at once.</summary>
    public required int AtOnce { get; init; }

    /// <summary>How much may wait. One more is refused at once.</summary>
    public required int Waiting { get; init; }

    /// <summary>Bytes that what runs may take together, and bytes that what is here may hold.</summary>
    public required long Bytes { get; init; }

    /// <summary>The setting that says so, for the error.</summary>
    public required string BytesSetting { get; init; }

    /// <summary>What a refused caller is told to wait.</summary>
    public required TimeSpan RetryAfter { get; init; }
}
