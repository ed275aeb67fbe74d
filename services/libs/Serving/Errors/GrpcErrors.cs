using System.Globalization;
using Grpc.Core;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Wire;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>Maps exceptions to gRPC statuses in one table. All others become UNKNOWN and are logged as errors.</summary>
public sealed partial class GrpcErrors(ILogger<GrpcErrors> logger)
{
    /// <summary>Trailer with the name of the service that an error came from.</summary>
    public const string ServiceTrailer = "medmoe-service";

    /// <summary>gRPC's trailer with the back-off time (gRFC A6).</summary>
    public const string PushbackTrailer = "grpc-retry-pushback-ms";

    /// <summary>
    /// Limit in characters. A message may quote the request and is sent in a header; if a header is too large, the next hop closes the whole
    /// connection with all its calls.
    /// </summary>
    public const int LongestMessage = 500;

    /// <summary>Message of CANCELLED.</summary>
    public const string CallerGone = "the caller cancelled the call or disconnected";

    /// <summary>The status of an exception that is not in the table.</summary>
    internal static Status Unexpected { get; } = new(StatusCode.Unknown, "internal error; see the service's log");

    /// <summary>The status of a call, or of an item of a stream, for this exception.</summary>
    public RpcException Tell(Exception e, ServerCallContext context)
    {
        var mapped = Map(e, context);
        return mapped.Status.Detail.Length <= LongestMessage
            ? mapped
            : new RpcException(new Status(mapped.StatusCode, Cut(mapped.Status.Detail)), mapped.Trailers);
    }

    public static string Cut(string message) => message.Length <= LongestMessage ? message : message[..(LongestMessage - 1)] + "…";

    private RpcException Map(Exception e, ServerCallContext context)
    {
        if (e is RpcException rpc)
        {
            return rpc;
        }
        if (e is InvalidFieldException fault)
        {
            return fault.ToRpcException();
        }
        if (StatusOf(e, context.CancellationToken.IsCancellationRequested) is { } status)
        {
            var trailers = new Metadata();
            if (e is QueueFullException full)
            {
                trailers.Add(PushbackTrailer, full.RetryAfter.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture));
            }
            return new RpcException(status, trailers);
        }
        if (MemoryFailure.Is(e))
        {
            LogOutOfMemory(context.Method, e.GetType().Name);
            return new RpcException(new Status(StatusCode.ResourceExhausted, "not enough memory for this call"));
        }
        // Only the type and the stack trace, because the message may quote the request.
        LogUnexpected(context.Method, e.GetType().Name, e.StackTrace);
        return new RpcException(Unexpected);
    }

    private static Status? StatusOf(Exception e, bool callerGone) => e switch
    {
        InvalidInputException => new Status(StatusCode.InvalidArgument, e.Message),
        QueueFullException => new Status(StatusCode.ResourceExhausted, e.Message),
        DrainingException => new Status(StatusCode.Unavailable, e.Message),
        TimeoutException => new Status(StatusCode.DeadlineExceeded, e.Message),
        OperationCanceledException => new Status(StatusCode.Cancelled, CallerGone),
        // Reading from or writing to a caller that has gone; a read may fail before the call's token is cancelled.
        IOException => new Status(StatusCode.Cancelled, CallerGone),
        InvalidOperationException when callerGone => new Status(StatusCode.Cancelled, CallerGone),
        _ => null,
    };

    [LoggerMessage(LogLevel.Warning, "{Method}: not enough memory ({Type})")]
    private partial void LogOutOfMemory(string method, string type);

    [LoggerMessage(LogLevel.Error, "{Method} failed with {Type}\n{StackTrace}")]
    private partial void LogUnexpected(string method, string type, string? stackTrace);
}
