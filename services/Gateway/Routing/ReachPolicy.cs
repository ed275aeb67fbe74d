using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Gateway.Settings;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>
/// Takes a replica out for a while when it cannot be connected to. YARP's own policy counts every call that fails: callers could take out
/// replicas that are well.
/// </summary>
internal sealed class ReachPolicy(IDestinationHealthUpdater replicas, IOptions<GatewayOptions> options) : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "Reach";

    // By then the active check has seen for itself.
    private readonly TimeSpan _pause = 5 * options.Value.HealthInterval;

    public string Name => PolicyName;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (context.Features.Get<IForwarderErrorFeature>() is not { } failure)
        {
            replicas.SetPassive(cluster, destination, DestinationHealth.Healthy, _pause);
        }
        else if (CallFailure.IsUnreached(failure))
        {
            replicas.SetPassive(cluster, destination, DestinationHealth.Unhealthy, _pause);
        }
    }
}
