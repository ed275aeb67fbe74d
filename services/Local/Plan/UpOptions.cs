namespace MedMoE.Mesh.Local.Plan;

/// <summary>What <c>mesh up</c> was asked for.</summary>
internal sealed record UpOptions
{
    /// <summary>Folder of the bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>Replicas of services, as <c>ct=2,backbone=2</c>; one of each that is not named.</summary>
    public string Replicas { get; init; } = "";

    /// <summary>HOST:PORT of a Redis; null starts one inside this process.</summary>
    public string? Redis { get; init; }

    /// <summary>Element type of the pyramid between backbone, cache and experts: fp16, fp32 or bf16.</summary>
    public string Pyramid { get; init; } = "fp16";

    /// <summary>"cpu", "cuda" or "cuda:N".</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>"fp32", "tf32", "bf16", "fp16" or "auto".</summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>The gateway's port of gRPC; 0 lets the system choose.</summary>
    public int Port { get; init; }

    /// <summary>Name of the mesh among those that the user runs.</summary>
    public string Name { get; init; } = "mesh";

    /// <summary>KEY=VALUE settings that every service gets.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Only these services, by name; empty runs all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];
}
