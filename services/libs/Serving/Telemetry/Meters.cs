using System.Diagnostics.Metrics;

namespace MedMoE.Mesh.Serving.Telemetry;

/// <summary>The mesh's one meter; <c>/metrics</c> shows what is counted under it.</summary>
public static class Meters
{
    public const string Name = "MedMoE.Mesh";

    /// <summary>A part of it, for one set of instruments, whose owner disposes of it.</summary>
    public static Meter Create() => new(Name);

    /// <summary>Durations in seconds, from a gate's to a full queue's.</summary>
    internal static InstrumentAdvice<double> Durations { get; } = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    internal static InstrumentAdvice<long> BatchSizes { get; } = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] };
}
