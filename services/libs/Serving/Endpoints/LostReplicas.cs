using System.Diagnostics;
using System.Runtime.CompilerServices;
using Grpc.Net.Client.Balancer;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>
/// Replicas that lost a call in the last 10 s. One that hangs still accepts connections and looks ready to its channel, so every call to it would
/// wait for <see cref="EndpointOptions.KeepAliveTimeout"/>.
/// </summary>
internal static class LostReplicas
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(10);
    private static readonly ConditionalWeakTable<Subchannel, StrongBox<long>> _lostAt = [];

    public static void Add(Subchannel replica) => _lostAt.AddOrUpdate(replica, new StrongBox<long>(Stopwatch.GetTimestamp()));

    public static bool Contains(Subchannel replica) =>
        _lostAt.TryGetValue(replica, out var lostAt) && Stopwatch.GetElapsedTime(lostAt.Value) < _pause;
}
