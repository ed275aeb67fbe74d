using System.Globalization;
using Grpc.Core;
using MedMoE.Mesh.Gateway.Settings;
using Yarp.ReverseProxy.Forwarder;

namespace MedMoE.Mesh.Gateway.Calls;

/// <summary>Why a call was not answered as a whole by the service that it was for, and by whose fault.</summary>
internal static class CallFailure
{
    /// <summary>The status for the caller.</summary>
    /// <param name="failure">What YARP tells of it.</param>
    /// <param name="context">The call.</param>
    /// <param name="options">For the time that a call may be silent.</param>
    public static Status Status(IForwarderErrorFeature failure, HttpContext context, GatewayOptions options)
    {
        // What became of the caller's messages, and of the answer. YARP's word for it is not enough: where a service dies, it may blame the
        // caller, whose messages it has itself stopped reading.
        var (sent, answered) = failure.Exception is AggregateException { InnerExceptions: [var first, var second] }
            ? (first, second) : (null, failure.Exception);
        if ((sent ?? answered) is RpcException { Status: var refusal })
        {
            return refusal;
        }
        var hasGone = failure.Error == ForwarderError.RequestBodyClient && sent is not OperationCanceledException;
        if (hasGone || context.RequestAborted.IsCancellationRequested)
        {
            return new Status(StatusCode.Cancelled, "the caller has gone");
        }
        var service = context.GetReverseProxyFeature().Cluster.Config.ClusterId;
        // A connection that takes too long says so inside; otherwise it is the activity timeout, and the call may still run.
        if (answered is OperationCanceledException { InnerException: not TimeoutException })
        {
            var limit = options.ActivityTimeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            return new Status(StatusCode.DeadlineExceeded, $"{service}: no data in either direction for {limit} s (Gateway:ActivityTimeout)");
        }
        return new Status(StatusCode.Unavailable, $"{service}: {(context.Response.HasStarted ? "it broke off" : "no replica can be reached")}");
    }

    /// <summary>Whether the replica could not even be connected to. All else may be the caller's doing, or that of one call.</summary>
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
