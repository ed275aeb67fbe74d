using Grpc.Core;
using Grpc.Core.Interceptors;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Serving.Settings;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Refuses calls during shutdown, except health checks and reflection, and turns exceptions into gRPC statuses.</summary>
internal sealed class ErrorInterceptor(Readiness readiness, GrpcErrors errors, IOptions<ServingOptions> options) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        Guard(context, () => continuation(request, context));

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        Guard(context, () => continuation(Checked(requestStream), context));

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
            await continuation(Checked(requestStream), responseStream, context);
            return true;
        });

    private RequestReader<T> Checked<T>(IAsyncStreamReader<T> requests) => new(requests, options.Value.MaxMessageBytes);

    private async Task<T> Guard<T>(ServerCallContext context, Func<Task<T>> call)
    {
        if (MeshContract.IsInfrastructure(context.Method))
        {
            return await call();
        }
        try
        {
            return readiness.IsStopping ? throw new DrainingException() : await call();
        }
        catch (Exception e)
        {
            throw errors.Tell(e, context);
        }
    }
}
