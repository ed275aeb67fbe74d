using System.Globalization;
using Grpc.Core;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Wire;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>From exceptions to gRPC status codes, in one table. What is not in it is UNKNOWN and logged as an error.</summary>
public sealed partial class GrpcErrors(ILogger<GrpcErrors> logger)
{
    /// <summary>Trailer that tells which service of the mesh an error is from.</summary>
    public const string ServiceTrailer = "medmoe-service";

    /// <summary>Trailer of gRPC's that tells when to try again (gRFC A6).</summary>
    public const string PushbackTrailer = "grpc-retry-pushback-ms";

    /// <summary>
    /// Characters of a status message at most. It may quote what a caller sent, and travels in a header: one that is too large makes the next
    /// hop close the whole connection, with everybody's calls on it.
    /// </summary>
    public const int LongestMessage = 500;

    /// <summary>The status of what is in no table; the log has it, too.</summary>
    internal static Status Unexpected { get; } = new(StatusCode.Unknown, "internal error; the service's log tells more");

    /// <summary>The status of a call, or of an item of a stream, that ended with this exception.</summary>
    public RpcException Tell(Exception e, ServerCallContext context)
    {
        var told = TellWhole(e, context);
        return told.Status.Detail.Length <= LongestMessage
            ? told
            : new RpcException(new Status(told.StatusCode, Cut(told.Status.Detail)), told.Trailers);
    }

    /// <summary>A message short enough to be sent.</summary>
    public static string Cut(string message) => message.Length <= LongestMessage ? message : message[..(LongestMessage - 1)] + "…";

    private RpcException TellWhole(Exception e, ServerCallContext context)
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
        // Type and place alone: a message may quote what the call carried.
        LogUnexpected(context.Method, e.GetType().Name, e.StackTrace);
        return new RpcException(Unexpected);
    }

    private static Status? StatusOf(Exception e, bool callerGone) => e switch
    {
        InvalidInputException => new Status(StatusCode.InvalidArgument, e.Message),
        QueueFullException => new Status(StatusCode.ResourceExhausted, e.Message),
        DrainingException => new Status(StatusCode.Unavailable, e.Message),
        TimeoutException => new Status(StatusCode.DeadlineExceeded, e.Message),
        OperationCanceledException => new Status(StatusCode.Cancelled, "the caller has gone"),
        // Reading from or writing to a caller that has gone; reading may notice before the call's token does.
        IOException => new Status(StatusCode.Cancelled, "the caller has gone"),
        InvalidOperationException when callerGone => new Status(StatusCode.Cancelled, "the caller has gone"),
        _ => null,
    };

    [LoggerMessage(LogLevel.Warning, "{Method}: not enough memory ({Type})")]
    private partial void LogOutOfMemory(string method, string type);

    [LoggerMessage(LogLevel.Error, "{Method} failed with {Type}\n{StackTrace}")]
    private partial void LogUnexpected(string method, string type, string? stackTrace);
}
