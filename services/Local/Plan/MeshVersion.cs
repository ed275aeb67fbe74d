namespace MedMoE.Mesh.Local.Plan;

/// <summary>A version of the model, and the services that answer for it. Its router is its own, others may be shared.</summary>
/// <param name="Name">"name/version" of its bundle.</param>
/// <param name="Services">In the order of starting.</param>
internal sealed record MeshVersion(string Name, IReadOnlyList<ProcessSpec> Services)
{
    /// <summary>Counts the versions of a run, from 1.</summary>
    public int Number { get; init; } = 1;

    /// <summary>The folder of its bundle.</summary>
    public string Bundle { get; init; } = "";

    /// <summary>The file that tells its router the addresses of its services; null if it has no router.</summary>
    public string? EndpointsFile { get; init; }

    /// <summary>Its services that <paramref name="other"/> does not have.</summary>
    public IEnumerable<ProcessSpec> OwnBeside(MeshVersion? other) => other is null ? Services : Services.Except(other.Services);
}
