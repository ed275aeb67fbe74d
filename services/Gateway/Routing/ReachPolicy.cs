using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Gateway.Settings;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>
/// Excludes a replica for a while when it cannot be connected to. YARP's own policy counts every failed call, so that callers could make it exclude
/// healthy replicas.
/// </summary>
internal sealed class ReachPolicy(IDestinationHealthUpdater replicas, IOptions<GatewayOptions> options) : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "Reach";

    // Long enough for the active health check to decide.
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
