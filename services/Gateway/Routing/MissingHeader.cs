using Grpc.Core;
using MedMoE.Mesh.Gateway.Calls;
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
            {
                var known = routes.ServicesOf(contract, endpoints.CurrentValue);
                // In another protocol the service is a part of the path, by its name.
                context.Response.Refuse(context.Features.Get<ITranslatedRequest>() is null
                    ? new Status(StatusCode.InvalidArgument, Message(known))
                    : new Status(StatusCode.NotFound, $"no such service; there are: {string.Join(", ", known.Select(service => service.Name))}"));
            });
        }
    }

    private static string Message(IReadOnlyList<MeshService> known) => known.Count == 0
        ? $"{ServiceHeader.Name}: no expert is configured"
        : $"{ServiceHeader.Name}: expected one of {string.Join(", ", known.Select(ServiceHeader.ValueOf))}";
}
