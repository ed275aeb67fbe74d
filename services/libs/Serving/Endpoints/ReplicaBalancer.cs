using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>Round robin over the replicas that can be reached, with those last that the same call has been to already.</summary>
internal sealed class ReplicaBalancer(IChannelControlHelper controller, ILoggerFactory loggers) : SubchannelsLoadBalancer(controller, loggers)
{
    protected override SubchannelPicker CreatePicker(IReadOnlyList<Subchannel> readySubchannels) => new Picker([.. readySubchannels]);

    private sealed class Picker(Subchannel[] replicas) : SubchannelPicker
    {
        // Pickers are made anew with every change: a random start keeps the first replica from getting more than its share.
        private int _next = Random.Shared.Next(replicas.Length);

        public override PickResult Pick(PickContext context)
        {
            var tried = Attempts.Tried;
            var start = (uint)Interlocked.Increment(ref _next);
            for (uint i = 0; tried is not null && i < replicas.Length; i++)
            {
                var replica = replicas[(start + i) % replicas.Length];
                if (tried.Add(replica))
                {
                    return PickResult.ForSubchannel(replica);
                }
            }
            return PickResult.ForSubchannel(replicas[start % replicas.Length]);
        }
    }
}

internal sealed class ReplicaBalancerFactory : LoadBalancerFactory
{
    public const string PolicyName = "replicas";

    public override string Name => PolicyName;

    public override LoadBalancer Create(LoadBalancerOptions options) => new ReplicaBalancer(options.Controller, options.LoggerFactory);
}
