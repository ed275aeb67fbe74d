using System.Globalization;
using Grpc.Core;
using Grpc.Core.Interceptors;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Batching;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>From exceptions to gRPC status codes, in one table. What is not in it stays UNKNOWN and is logged as an error.</summary>
internal sealed partial class ErrorInterceptor(ILogger<ErrorInterceptor> logger) : Interceptor
{
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
        try
        {
            return await call();
        }
        catch (Exception e) when (Status(e) is { } status)
        {
            if (e is QueueFullException full)
            {
                // Clients of gRPC's retry policy wait this long, or not at all for what is not UNAVAILABLE; others read it.
                context.ResponseTrailers.Add("grpc-retry-pushback-ms", full.RetryAfter.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture));
            }
            throw new RpcException(status);
        }
        catch (Exception e) when (e is not RpcException)
        {
            // Type and place alone: a message may quote what the call carried.
            LogUnexpected(context.Method, e.GetType().Name, e.StackTrace);
            throw new RpcException(new Status(StatusCode.Unknown, "internal error; the service's log tells more"));
        }
    }

    private static Status? Status(Exception e) => e switch
    {
        InvalidInputException => new Status(StatusCode.InvalidArgument, e.Message),
        QueueFullException => new Status(StatusCode.ResourceExhausted, e.Message),
        DrainingException => new Status(StatusCode.Unavailable, e.Message),
        TimeoutException => new Status(StatusCode.DeadlineExceeded, e.Message),
        OperationCanceledException => new Status(StatusCode.Cancelled, "the caller has gone"),
        _ => null,
    };

    [LoggerMessage(LogLevel.Error, "{Method} failed with {Type}\n{StackTrace}")]
    private partial void LogUnexpected(string method, string type, string? stackTrace);
}
