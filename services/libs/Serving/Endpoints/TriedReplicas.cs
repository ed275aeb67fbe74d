using Grpc.Net.Client.Balancer;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>The replicas that a piece of work has been sent to: its next attempt goes to another one where there is one.</summary>
public sealed class TriedReplicas
{
    private readonly HashSet<Subchannel> _replicas = [];

    /// <summary>Notes a replica; false where it has been tried already.</summary>
    internal bool Add(Subchannel replica) => _replicas.Add(replica);
}
