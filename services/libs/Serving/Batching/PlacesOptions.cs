namespace MedMoE.Mesh.Serving.Batching;

public sealed record PlacesOptions
{
    /// <summary>Limit of concurrent work.</summary>
    public required int AtOnce { get; init; }

    /// <summary>Limit of waiting work. More is refused at once.</summary>
    public required int Waiting { get; init; }

    /// <summary>Limit of bytes that running work takes in total, and of bytes that all requests hold. Default: none.</summary>
    public long Bytes { get; init; } = long.MaxValue;

    /// <summary>Name of the setting of <see cref="Bytes"/>, for the error.</summary>
    public string BytesSetting { get; init; } = "";

    /// <summary>The clock of deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Back-off that a refused caller is given.</summary>
    public required TimeSpan RetryAfter { get; init; }
}
