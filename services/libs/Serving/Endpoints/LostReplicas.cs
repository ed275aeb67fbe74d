using System.Diagnostics;
using System.Runtime.CompilerServices;
using Grpc.Net.Client.Balancer;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>
/// Replicas that have just lost a call. One that hangs still takes connections, and so looks ready to its channel; every call sent there would wait
/// for <see cref="EndpointOptions.KeepAliveTimeout"/>.
/// </summary>
internal static class LostReplicas
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(10);
    private static readonly ConditionalWeakTable<Subchannel, StrongBox<long>> _lostAt = [];

    public static void Add(Subchannel replica) => _lostAt.AddOrUpdate(replica, new StrongBox<long>(Stopwatch.GetTimestamp()));

    /// <summary>Whether it lost a call in the last 10 s.</summary>
    public static bool Contains(Subchannel replica) =>
        _lostAt.TryGetValue(replica, out var lostAt) && Stopwatch.GetElapsedTime(lostAt.Value) < _pause;
}
