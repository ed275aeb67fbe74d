using Grpc.Core;
using MedMoE.Mesh.Gateway.Replicas;
using MedMoE.Mesh.Gateway.Routing;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace MedMoE.Mesh.Gateway.Versions;

/// <summary>
/// Sends each call to the services of one version of the model: the version that it names (<see cref="VersionHeader"/>), otherwise one drawn by
/// weight. Calls to other services than the router are not drawn: clients combine their answers.
/// </summary>
internal sealed class VersionedCalls(RequestDelegate next, IProxyStateLookup proxy, VersionMetrics metrics)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var present = context.GetRouteModel().Cluster!;
        var chosen = present;
        if (context.Request.Headers.TryGetValue(VersionHeader.Name, out var named))
        {
            if (Named(present, named.ToString()) is not { } found)
            {
                context.Response.Refuse(NotFound(present));
                return;
            }
            chosen = found;
        }
        else if (ServiceOf(present) == MeshService.Router.Name)
        {
            chosen = Drawn(present);
            if (chosen == present && Of(ServiceOf(present)).FirstOrDefault(cluster => VersionOf(cluster).IsShadow) is { } shadow)
            {
                context.Features.Set(new ShadowedBy(shadow));
            }
        }
        if (chosen != present)
        {
            var route = context.GetRouteModel();
            context.ReassignProxyRequest(new RouteModel(route.Config, chosen, route.Transformer), chosen);
        }
        await next(context);
        if (VersionOf(chosen).Name is { Length: > 0 } version)
        {
            metrics.Answered(version, ServiceOf(chosen), context.Response.Status() ?? StatusCode.Unknown);
        }
    }

    /// <summary>The service in the named version: that of the present one where both share it. Null if there is no such version.</summary>
    private ClusterState? Named(ClusterState present, string header)
    {
        // Without names here the router itself compares the name.
        if (VersionOf(present).Name.Length == 0 ? ServiceOf(present) == MeshService.Router.Name : IsNamed(present))
        {
            return present;
        }
        return Of(ServiceOf(present)).FirstOrDefault(IsNamed) ?? (Of(MeshService.Router.Name).Any(IsNamed) ? present : null);

        bool IsNamed(ClusterState cluster) => VersionHeader.ValueOf(VersionOf(cluster).Name) == header;
    }

    /// <summary>One of the versions by weight. One that cannot be reached is not drawn: it is on trial, and its calls are the callers'.</summary>
    private ClusterState Drawn(ClusterState present)
    {
        var draw = Random.Shared.NextDouble() * 100;
        foreach (var cluster in Of(ServiceOf(present)))
        {
            draw -= VersionOf(cluster).Weight;
            if (draw < 0)
            {
                return cluster.DestinationsState.AllDestinations.Any(ReplicaHealth.IsWell) ? cluster : present;
            }
        }
        return present;
    }

    private Status NotFound(ClusterState present)
    {
        string[] versions = [.. Of(MeshService.Router.Name).Select(cluster => VersionOf(cluster).Name).Where(name => name.Length > 0)];
        return VersionOf(present).Name.Length == 0
            ? new Status(StatusCode.InvalidArgument, $"{VersionHeader.Name}: only the router knows its version here (Endpoints:Version)")
            : new Status(StatusCode.NotFound, $"{VersionHeader.Name}: no such version; there are: {string.Join(", ", versions)}");
    }

    private IEnumerable<ClusterState> Of(string service) => proxy.GetClusters().Where(cluster => ServiceOf(cluster) == service);

    private static string ServiceOf(ClusterState cluster) => MeshRoutes.NameOf(cluster.Model.Config.Metadata);

    private static ServedVersion VersionOf(ClusterState cluster) => MeshRoutes.VersionOf(cluster.Model.Config.Metadata);
}

/// <summary>A feature of calls that a version on trial gets a copy of.</summary>
/// <param name="Router">That version's router.</param>
internal sealed record ShadowedBy(ClusterState Router);
