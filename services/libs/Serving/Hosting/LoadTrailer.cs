using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Load;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// Reports the load with each answer (ORCA), but not with those of streams in both directions, which may end long after. The report is that of the
/// call's start: grpc-dotnet may send the trailers at any later time, when the deadline passes.
/// </summary>
internal sealed class LoadTrailer(ServiceLoad load) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Report(context);
        return continuation(request, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Report(context);
        return continuation(requestStream, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Report(context);
        return continuation(request, responseStream, context);
    }

    private void Report(ServerCallContext context)
    {
        if (!MeshContract.IsInfrastructure(context.Method))
        {
            context.ResponseTrailers.Add(LoadReports.Trailer, load.Report().ToByteArray());
        }
    }
}
