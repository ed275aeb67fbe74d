using Grpc.Net.Client.Balancer;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>The replicas that a piece of work has been sent to: its next attempt goes to another one where there is one.</summary>
public sealed class TriedReplicas
{
    private readonly HashSet<Subchannel> _replicas = [];

    /// <summary>The one that the latest attempt was sent to; null where none was.</summary>
    internal Subchannel? Latest { get; private set; }

    internal bool Contains(Subchannel replica) => _replicas.Contains(replica);

    internal void Add(Subchannel replica)
    {
        Latest = replica;
        _replicas.Add(replica);
    }
}
