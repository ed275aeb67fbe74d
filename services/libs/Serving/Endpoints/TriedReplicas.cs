using Grpc.Net.Client.Balancer;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>The replicas that an operation was sent to. Its next attempt prefers another one.</summary>
public sealed class TriedReplicas
{
    private readonly HashSet<Subchannel> _replicas = [];

    internal Subchannel? Latest { get; private set; }

    internal bool Contains(Subchannel replica) => _replicas.Contains(replica);

    internal void Add(Subchannel replica)
    {
        Latest = replica;
        _replicas.Add(replica);
    }
}
