using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Balancing;

/// <summary><see cref="ReplicaChoice"/> among the reachable replicas of a service.</summary>
internal sealed class ReplicaBalancer(IChannelControlHelper channel, ILoggerFactory loggers)
    : SubchannelsLoadBalancer(new UnreachedIsUnavailable(channel), loggers)
{
    // A new picker is created on every change; what is known of the replicas stays.
    private readonly ConditionalWeakTable<Subchannel, ReplicaLoad> _loads = [];

    protected override SubchannelPicker CreatePicker(IReadOnlyList<Subchannel> readySubchannels) => new Picker(
        [.. readySubchannels], [.. readySubchannels.Select(replica => _loads.GetValue(replica, _ => new ReplicaLoad(TimeProvider.System)))]);

    private sealed class Picker(Subchannel[] replicas, ReplicaLoad[] loads) : SubchannelPicker
    {
        public override PickResult Pick(PickContext context)
        {
            var tried = Attempts.Tried;
            var place = ReplicaChoice.Of(loads, tried is null ? null : one => tried.Contains(loads[one]));
            tried?.Add(loads[place]);
            MeasuredCalls.Current?.SentTo(loads[place]);
            return PickResult.ForSubchannel(replicas[place]);
        }
    }

    /// <summary>
    /// Makes every call that finds no replica UNAVAILABLE; such calls were never sent. The base class reports INTERNAL, "Unknown error.", while a
    /// replica leaves the list and none of the others can be reached, and calls waiting for a connection fail with that status (grpc-dotnet 2.85,
    /// SubchannelsLoadBalancer.UpdateBalancingState).
    /// </summary>
    private sealed class UnreachedIsUnavailable(IChannelControlHelper channel) : IChannelControlHelper
    {
        public Subchannel CreateSubchannel(SubchannelOptions options) => channel.CreateSubchannel(options);

        public void RefreshResolver() => channel.RefreshResolver();

        public void UpdateState(BalancerState state) => channel.UpdateState(
            state.ConnectivityState == ConnectivityState.TransientFailure
                ? new BalancerState(state.ConnectivityState, new NoReplica(state.Picker))
                : state);
    }

    private sealed class NoReplica(SubchannelPicker failing) : SubchannelPicker
    {
        public override PickResult Pick(PickContext context)
        {
            var status = failing.Pick(context).Status;
            return PickResult.ForFailure(new Status(StatusCode.Unavailable, status.Detail, status.DebugException));
        }
    }
}

internal sealed class ReplicaBalancerFactory : LoadBalancerFactory
{
    public const string PolicyName = "replicas";

    public override string Name => PolicyName;

    public override LoadBalancer Create(LoadBalancerOptions options) => new ReplicaBalancer(options.Controller, options.LoggerFactory);
}
