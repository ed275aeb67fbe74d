using System.Runtime.CompilerServices;
using Grpc.Core;
using MedMoE.Mesh.Serving.Balancing;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Load;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;

namespace MedMoE.Mesh.Gateway.Replicas;

/// <summary>
/// Sends each call to one replica, by <see cref="ReplicaChoice"/>, and measures it. In place of YARP's own policies, which know only how many calls
/// run, not how long they take and what the replicas report.
/// </summary>
internal sealed class BalancedCalls(RequestDelegate next, TimeProvider time)
{
    private readonly ConditionalWeakTable<DestinationState, ReplicaLoad> _loads = [];
    private readonly ConditionalWeakTable<ClusterState, MethodPaces> _paces = [];

    public async Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        if (proxy.AvailableDestinations.Count == 0)
        {
            await next(context);
            return;
        }
        ReplicaLoad[] loads = [.. proxy.AvailableDestinations.Select(replica => _loads.GetValue(replica, _ => new ReplicaLoad(time)))];
        var place = ReplicaChoice.Of(loads);
        proxy.AvailableDestinations = proxy.AvailableDestinations[place];
        var path = context.Request.Path.Value!;
        var isTimed = MeshContract.MethodAt(path) is { IsClientStreaming: false, IsServerStreaming: false };
        var call = new MeasuredCall(
            _paces.GetValue(context.GetRouteModel().Cluster!, _ => new MethodPaces()), MeshContract.CountedMethod(path) ?? path, isTimed, time);
        var report = new Report();
        context.Features.Set(report);
        call.SentTo(loads[place]);
        try
        {
            await next(context);
        }
        finally
        {
            Measure(context, call, report);
        }
    }

    private static void Measure(HttpContext context, MeasuredCall call, Report report)
    {
        // A call that broke off says nothing against its replica: its caller may be the cause. One that cannot be reached is ReachPolicy's.
        var status = context.Features.Get<IForwarderErrorFeature>() is null ? context.Response.Status() ?? StatusCode.Unknown : StatusCode.Cancelled;
        call.Ended(status, context.Response.Field(GrpcErrors.ServiceTrailer) is not null, LoadReports.Read(report.Text));
    }

    /// <summary>Takes a replica's report out of an answer, and puts this gateway's in its place.</summary>
    internal static ValueTask Exchange(HttpContext context, IHeaderDictionary? fields)
    {
        if (context.Features.Get<Report>() is { } report && fields is { IsReadOnly: false }
            && fields.TryGetValue(LoadReports.Trailer, out var text))
        {
            report.Text = text.ToString();
            fields[LoadReports.Trailer] = LoadReports.Text(context.RequestServices.GetRequiredService<ServiceLoad>().Report());
        }
        return ValueTask.CompletedTask;
    }

    private sealed class Report
    {
        public string? Text { get; set; }
    }
}

internal static class BalancedCallsRegistration
{
    public static IReverseProxyBuilder AddLoadReports(this IReverseProxyBuilder proxy) => proxy.AddTransforms(route =>
    {
        // An answer without a message has its trailers among the headers.
        route.AddResponseTransform(response => BalancedCalls.Exchange(response.HttpContext, response.HttpContext.Response.Headers));
        route.AddResponseTrailersTransform(response => BalancedCalls.Exchange(
            response.HttpContext, response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers));
    });
}
