namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>The memory that the process may use: the machine's, or what its container leaves it.</summary>
public static class AvailableMemory
{
    /// <summary>A limit in bytes.</summary>
    /// <param name="setting">What the settings say; 0 for the default.</param>
    /// <param name="share">The default, as a share of the memory there is.</param>
    public static long Limit(long setting, double share) =>
        setting > 0 ? setting : (long)(share * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
}
