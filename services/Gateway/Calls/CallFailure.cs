using System.Globalization;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;
using Yarp.ReverseProxy.Forwarder;

namespace MedMoE.Mesh.Gateway.Calls;

internal static class CallFailure
{
    /// <summary>The status for a call that could not be forwarded or was not answered completely.</summary>
    public static Status Status(IForwarderErrorFeature failure, HttpContext context, GatewayOptions options)
    {
        // The exceptions of the request to the service (sent) and of the answer. failure.Error is not enough: when a service dies, YARP may blame the
        // caller, because it has itself stopped reading the caller's messages.
        var (sent, answered) = failure.Exception is AggregateException { InnerExceptions: [var first, var second] }
            ? (first, second) : (null, failure.Exception);
        if ((sent ?? answered) is RpcException { Status: var refusal })
        {
            return refusal;
        }
        var hasGone = failure.Error == ForwarderError.RequestBodyClient && sent is not OperationCanceledException;
        if (hasGone || context.RequestAborted.IsCancellationRequested)
        {
            return new Status(StatusCode.Cancelled, GrpcErrors.CallerGone);
        }
        var service = context.GetReverseProxyFeature().Cluster.Config.ClusterId;
        // A connect timeout is an inner exception. Otherwise it is the activity timeout, and the call may still run.
        if (answered is OperationCanceledException { InnerException: not TimeoutException })
        {
            var limit = options.ActivityTimeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            return new Status(StatusCode.DeadlineExceeded, $"{service}: no data in either direction for {limit} s (Gateway:ActivityTimeout)");
        }
        var reason = context.Response.HasStarted ? "connection lost before the answer was complete" : "no replica can be reached";
        return new Status(StatusCode.Unavailable, $"{service}: {reason}");
    }

    /// <summary>Whether no connection could be opened to the replica. Other failures may be caused by the caller, or concern one call only.</summary>
    public static bool IsUnreached(IForwarderErrorFeature failure)
    {
        for (var cause = failure.Exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
                or OperationCanceledException { InnerException: TimeoutException })
            {
                return true;
            }
        }
        return false;
    }
}
