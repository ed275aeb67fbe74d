using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Grpc.Core.Interceptors;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>
/// Around every call of the mesh: counts it, refuses it while the service stops, and turns exceptions into gRPC status codes, in one table.
/// What is not in the table is UNKNOWN and logged as an error.
/// </summary>
internal sealed partial class ErrorInterceptor(Readiness readiness, RequestMetrics metrics, ILogger<ErrorInterceptor> logger) : Interceptor
{
    // Health checks and reflection go on while the service stops.
    private const string OwnMethods = "/medmoe.mesh.";

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        Guard(context, () => continuation(request, context));

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        Guard(context, () => continuation(requestStream, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        Guard(context, async () =>
        {
            await continuation(request, responseStream, context);
            return true;
        });

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        Guard(context, async () =>
        {
            await continuation(requestStream, responseStream, context);
            return true;
        });

    private async Task<T> Guard<T>(ServerCallContext context, Func<Task<T>> call)
    {
        if (!context.Method.StartsWith(OwnMethods, StringComparison.Ordinal))
        {
            return await call();
        }
        var status = StatusCode.OK;
        var started = Stopwatch.GetTimestamp();
        metrics.Started(context.Method);
        try
        {
            return readiness.IsStopping ? throw new DrainingException() : await call();
        }
        catch (Exception e)
        {
            var told = Told(e, context);
            status = told.StatusCode;
            throw told;
        }
        finally
        {
            metrics.Ended(context.Method, status, Stopwatch.GetElapsedTime(started));
        }
    }

    private RpcException Told(Exception e, ServerCallContext context)
    {
        if (e is RpcException rpc)
        {
            return rpc;
        }
        if (StatusOf(e, context.CancellationToken.IsCancellationRequested) is { } status)
        {
            var trailers = new Metadata();
            if (e is QueueFullException full)
            {
                // gRPC's own retry policies read this name (gRFC A6).
                trailers.Add("grpc-retry-pushback-ms", full.RetryAfter.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture));
            }
            return new RpcException(status, trailers);
        }
        // Type and place alone: a message may quote what the call carried.
        LogUnexpected(context.Method, e.GetType().Name, e.StackTrace);
        return new RpcException(new Status(StatusCode.Unknown, "internal error; the service's log tells more"));
    }

    private static Status? StatusOf(Exception e, bool callerGone) => e switch
    {
        InvalidInputException => new Status(StatusCode.InvalidArgument, e.Message),
        QueueFullException => new Status(StatusCode.ResourceExhausted, e.Message),
        DrainingException => new Status(StatusCode.Unavailable, e.Message),
        TimeoutException => new Status(StatusCode.DeadlineExceeded, e.Message),
        OperationCanceledException => new Status(StatusCode.Cancelled, "the caller has gone"),
        // Reading from or writing to a caller that has gone.
        IOException or InvalidOperationException when callerGone => new Status(StatusCode.Cancelled, "the caller has gone"),
        _ => null,
    };

    [LoggerMessage(LogLevel.Error, "{Method} failed with {Type}\n{StackTrace}")]
    private partial void LogUnexpected(string method, string type, string? stackTrace);
}
