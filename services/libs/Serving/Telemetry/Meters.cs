using System.Diagnostics.Metrics;

namespace MedMoE.Mesh.Serving.Telemetry;

/// <summary>The mesh's one meter; <c>/metrics</c> shows what is counted under it.</summary>
public static class Meters
{
    public const string Name = "MedMoE.Mesh";

    internal static Meter Create() => new(Name);
}
