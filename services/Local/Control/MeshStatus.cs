using MedMoE.Mesh.Local.Processes;
using MedMoE.Mesh.Local.Versions;

namespace MedMoE.Mesh.Local.Control;

/// <summary>A running mesh: the process of <c>mesh up</c>, its replicas and the versions of its model.</summary>
internal sealed record MeshStatus(int Pid, IReadOnlyList<VersionStatus> Versions, IReadOnlyList<ReplicaStatus> Replicas)
{
    /// <summary>The version that serves.</summary>
    public string Model => Versions[0].Name;
}
