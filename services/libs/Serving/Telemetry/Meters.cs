using System.Diagnostics.Metrics;

namespace MedMoE.Mesh.Serving.Telemetry;

/// <summary>The mesh's own meter, and .NET's that <c>/metrics</c> shows with it.</summary>
public static class Meters
{
    public const string Name = "MedMoE.Mesh";

    /// <summary>.NET's own: memory, processor time, garbage collections, threads; connections of clients.</summary>
    internal static string[] OfDotNet { get; } = ["System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    /// <summary>A meter for one set of instruments, owned by the caller.</summary>
    public static Meter Create() => new(Name);

    /// <summary>Buckets in seconds, from the time of a gate to that of a full queue.</summary>
    public static InstrumentAdvice<double> Durations { get; } = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    };

    internal static InstrumentAdvice<long> BatchSizes { get; } = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] };
}
