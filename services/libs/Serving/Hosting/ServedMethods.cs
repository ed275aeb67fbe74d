using Grpc.AspNetCore.Server;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.AspNetCore.Routing;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>The mesh's methods that a started service has on its port: told by health and metrics before the first call.</summary>
internal static class ServedMethods
{
    public static void Announce(EndpointDataSource endpoints, Readiness readiness, RequestMetrics metrics)
    {
        var methods = endpoints.Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method)
            .Where(method => method is not null && !MeshContract.IsInfrastructure(method.FullName));
        foreach (var method in methods)
        {
            readiness.Serves(method!.ServiceName);
            metrics.Serves(method.FullName);
        }
    }
}
