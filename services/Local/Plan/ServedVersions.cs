namespace MedMoE.Mesh.Local.Plan;

/// <summary>The versions of the model that a mesh runs.</summary>
/// <param name="Present">The one that answers.</param>
/// <param name="Candidate">One on trial.</param>
/// <param name="Share">What the candidate gets of the calls.</param>
internal sealed record ServedVersions(MeshVersion Present, MeshVersion? Candidate = null, CandidateShare? Share = null)
{
    public IEnumerable<MeshVersion> All => Candidate is null ? [Present] : [Present, Candidate];

    /// <summary>Those of all versions, a shared one once.</summary>
    public IEnumerable<ProcessSpec> Services => All.SelectMany(version => version.Services).Distinct();
}

/// <param name="Weight">Percentage of the calls.</param>
/// <param name="IsShadow">Whether it gets copies of calls, whose answers are only compared.</param>
internal sealed record CandidateShare(double Weight, bool IsShadow);
