using Grpc.Core;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>Answers calls that match no route because <see cref="ServiceHeader"/> is missing or names no known service.</summary>
internal static class MissingHeader
{
    public static void MapMissingHeader(this WebApplication app)
    {
        foreach (var contract in ServiceCatalog.Contracts.Where(MeshRoutes.IsChosenByHeader))
        {
            app.Map($"/{contract.FullName}/{{**method}}", (HttpContext context, MeshRoutes routes, IOptionsMonitor<EndpointOptions> endpoints) =>
                context.Response.Refuse(StatusCode.InvalidArgument, Message(routes.ServicesOf(contract, endpoints.CurrentValue))));
        }
    }

    private static string Message(IReadOnlyList<MeshService> known) => known.Count == 0
        ? $"{ServiceHeader.Name}: no expert is configured"
        : $"{ServiceHeader.Name}: expected one of {string.Join(", ", known.Select(ServiceHeader.ValueOf))}";
}
