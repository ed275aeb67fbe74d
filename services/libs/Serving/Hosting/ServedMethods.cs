using Grpc.AspNetCore.Server;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.AspNetCore.Routing;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Registers the methods of a started service, so that health and metrics have them before the first call.</summary>
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
