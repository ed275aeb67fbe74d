using System.Diagnostics.Metrics;

namespace MedMoE.Mesh.Serving.Telemetry;

/// <summary>The mesh's one meter; <c>/metrics</c> shows what is counted under it.</summary>
public static class Meters
{
    public const string Name = "MedMoE.Mesh";

    /// <summary>A part of it, for one set of instruments, whose owner disposes of it.</summary>
    public static Meter Create() => new(Name);
}
