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
        var reset = HeldReset.Of(context);
        await next(context);
        if (context.Features.Get<IForwarderErrorFeature>() is not { } failure)
        {
            return;
        }
        var (code, reason) = Reason(failure, context);
        var message = $"{context.GetReverseProxyFeature().Cluster.Config.ClusterId}: {reason}";
        if (!context.Response.HasStarted)
        {
            context.Response.Refuse(code, message);
        }
        else if (reset is { IsDue: true })
        {
            context.Response.BreakOff(code, message);
        }
    }

    /// <summary>
    /// Why there is no whole answer. YARP's word for it is not enough: where a service dies, it may blame the caller, whose messages it has
    /// itself stopped reading.
    /// </summary>
    private static (StatusCode Code, string Reason) Reason(IForwarderErrorFeature failure, HttpContext context)
    {
        // What became of the caller's messages, and of the answer.
        var (sent, answered) = failure.Exception is AggregateException { InnerExceptions: [var first, var second] } ? (first, second) : (null, failure.Exception);
        if (context.RequestAborted.IsCancellationRequested || (failure.Error == ForwarderError.RequestBodyClient && sent is not OperationCanceledException))
        {
            return (StatusCode.Cancelled, "the caller has gone");
        }
        // A connection that takes too long says so inside; otherwise it is the activity timeout, and the call may still run.
        if (answered is OperationCanceledException { InnerException: not TimeoutException })
        {
            return (StatusCode.DeadlineExceeded, "nothing was heard of it for too long");
        }
        return (StatusCode.Unavailable, context.Response.HasStarted ? "it broke off" : "no replica can be reached");
    }
}
