using Grpc.Core;
using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>Round robin over the reachable replicas. Those that have just lost a call or have been tried by the same call come last.</summary>
internal sealed class ReplicaBalancer(IChannelControlHelper channel, ILoggerFactory loggers)
    : SubchannelsLoadBalancer(new UnreachedIsUnavailable(channel), loggers)
{
    protected override SubchannelPicker CreatePicker(IReadOnlyList<Subchannel> readySubchannels) => new Picker([.. readySubchannels]);

    private sealed class Picker(Subchannel[] replicas) : SubchannelPicker
    {
        // A new picker is created on every change: the random start keeps the first replica from getting more than its share.
        private int _next = Random.Shared.Next(replicas.Length);

        public override PickResult Pick(PickContext context)
        {
            var tried = Attempts.Tried;
            var start = (uint)Interlocked.Increment(ref _next);
            var inTurn = Enumerable.Range(0, replicas.Length).Select(i => replicas[(start + (uint)i) % replicas.Length]);
            var replica = inTurn.MinBy(r => (tried?.Contains(r) == true ? 2 : 0) + (LostReplicas.Contains(r) ? 1 : 0))!;
            tried?.Add(replica);
            return PickResult.ForSubchannel(replica);
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
