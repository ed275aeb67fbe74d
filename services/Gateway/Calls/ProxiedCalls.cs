using System.Diagnostics;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Routing;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>
/// Around every proxied call, as gRPC's interceptors see none of these: counts it, refuses it while the gateway stops, and says in gRPC's
/// words why it could not be forwarded.
/// </summary>
internal sealed class ProxiedCalls(RequestDelegate next, Readiness readiness, RequestMetrics metrics)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        // A caller may make up methods; metrics must not keep them.
        var method = MeshContract.MethodAt(path) is null ? "unknown" : path;
        var started = Stopwatch.GetTimestamp();
        metrics.Started(method);
        try
        {
            await Answer(context);
        }
        finally
        {
            metrics.Ended(method, context.RequestAborted.IsCancellationRequested ? StatusCode.Cancelled : context.Response.Status(), Stopwatch.GetElapsedTime(started));
        }
    }

    private async Task Answer(HttpContext context)
    {
        if (readiness.IsStopping)
        {
            context.Response.Refuse(StatusCode.Unavailable, new DrainingException().Message);
            return;
        }
        await next(context);
        if (context.Features.Get<IForwarderErrorFeature>() is { } failure && !context.Response.HasStarted)
        {
            var service = context.GetReverseProxyFeature().Cluster.Config.ClusterId;
            var (code, reason) = Reason(failure);
            context.Response.Refuse(code, $"{service}: {reason}");
        }
    }

    private static (StatusCode Code, string Reason) Reason(IForwarderErrorFeature failure) => failure.Error switch
    {
        // A connection that takes too long says so inside; otherwise it is the activity timeout, and the call may still run.
        ForwarderError.RequestTimedOut when failure.Exception?.InnerException is not TimeoutException =>
            (StatusCode.DeadlineExceeded, "nothing was heard of it for too long"),
        ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.ResponseBodyCanceled
            or ForwarderError.RequestBodyClient or ForwarderError.ResponseBodyClient => (StatusCode.Cancelled, "the caller has gone"),
        _ => (StatusCode.Unavailable, "no replica can be reached"),
    };
}
