using Grpc.Core;
using Grpc.Core.Interceptors;
using MedMoE.Mesh.Serving.Batching;
using Microsoft.Extensions.Hosting;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// Ends idle streams with UNAVAILABLE when the service stops; else an open one keeps the process for all of Serving:ShutdownTimeout. Calls at work
/// finish: a stream ends when its next message has not come <see cref="_idle"/> after the signal.
/// </summary>
internal sealed class StreamEndings(IHostApplicationLifetime lifetime) : Interceptor
{
    private static readonly TimeSpan _idle = TimeSpan.FromSeconds(1);

    // Watches wait for nothing that this process still has to do.
    private static readonly string _watch = $"/{Grpc.Health.V1.Health.Descriptor.FullName}/{nameof(Grpc.Health.V1.Health.HealthBase.Watch)}";

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        continuation(new EndingReader<TRequest>(requestStream, lifetime.ApplicationStopping), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        continuation(new EndingReader<TRequest>(requestStream, lifetime.ApplicationStopping), responseStream, context);

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var call = continuation(request, responseStream, context);
        if (context.Method != _watch)
        {
            await call;
            return;
        }
        using var idle = new CancellationTokenSource();
        // The watcher hears of NOT_SERVING before it hears of the end.
        using var stopping = lifetime.ApplicationStopping.Register(() => idle.CancelAfter(_idle));
        var ended = Task.Delay(Timeout.Infinite, idle.Token);
        if (await Task.WhenAny(call, ended) == call)
        {
            await call;
            return;
        }
        // It ends by itself when its call has ended.
        _ = call.ContinueWith(watch => watch.Exception, TaskScheduler.Default);
        throw Stopping();
    }

    private static RpcException Stopping() => new(new Status(StatusCode.Unavailable, new DrainingException().Message));

    private sealed class EndingReader<T>(IAsyncStreamReader<T> requests, CancellationToken stopping) : IAsyncStreamReader<T>
    {
        public T Current => requests.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var registered = stopping.Register(() => idle.CancelAfter(_idle));
            try
            {
                return await requests.MoveNext(idle.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled }
                && idle.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw Stopping();
            }
        }
    }
}
