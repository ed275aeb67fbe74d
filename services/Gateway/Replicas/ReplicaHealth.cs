using MedMoE.Mesh.Gateway.Routing;
using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace MedMoE.Mesh.Gateway.Replicas;

/// <summary>Reports the health of the mesh's services: SERVING while at least one replica is healthy.</summary>
internal sealed class ReplicaHealth(
    IProxyStateLookup proxy, MeshRoutes routes, Readiness readiness, IOptionsMonitor<EndpointOptions> endpoints, IOptions<GatewayOptions> options)
    : BackgroundService
{
    // Shorter than the probes' interval, so that changes show soon.
    private readonly TimeSpan _period = options.Value.HealthInterval / 4;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_period);
        do
        {
            foreach (var contract in ServiceCatalog.Contracts)
            {
                readiness.Serves(contract.FullName, routes.ServicesOf(contract, endpoints.CurrentValue).Any(IsWell));
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private bool IsWell(MeshService service) =>
        proxy.TryGetCluster(service.ToString(), out var cluster) && cluster.DestinationsState.AllDestinations.Any(IsWell);

    /// <summary>Whether a replica has passed its last health check, and could be reached since.</summary>
    public static bool IsWell(DestinationState replica) =>
        replica.Health is { Active: DestinationHealth.Healthy, Passive: not DestinationHealth.Unhealthy };
}
