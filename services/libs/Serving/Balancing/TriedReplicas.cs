namespace MedMoE.Mesh.Serving.Balancing;

/// <summary>The replicas that an operation was sent to. Its next attempt prefers another one.</summary>
public sealed class TriedReplicas
{
    private readonly HashSet<ReplicaLoad> _replicas = [];

    internal ReplicaLoad? Latest { get; private set; }

    internal bool Contains(ReplicaLoad replica) => _replicas.Contains(replica);

    internal void Add(ReplicaLoad replica)
    {
        Latest = replica;
        _replicas.Add(replica);
    }
}
