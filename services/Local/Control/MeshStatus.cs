using MedMoE.Mesh.Local.Processes;

namespace MedMoE.Mesh.Local.Control;

/// <summary>A running mesh: the process of <c>mesh up</c>, its model and its replicas.</summary>
internal sealed record MeshStatus(int Pid, string Model, IReadOnlyList<ReplicaStatus> Replicas);
