namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Limits relative to the memory of the machine or container.</summary>
public static class AvailableMemory
{
    /// <summary>A limit in bytes: the setting or, if it is 0, a share of the available memory.</summary>
    public static long Limit(long setting, double share) => setting > 0 ? setting : (long)(share * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
}
