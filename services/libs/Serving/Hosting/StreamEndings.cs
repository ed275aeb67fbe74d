using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Hosting;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// Ends idle streams with UNAVAILABLE at shutdown; otherwise an open one keeps the process for the whole Serving:ShutdownTimeout. Active calls
/// finish: a stream ends when no message arrives within <see cref="NextMessage.Idle"/> of the signal.
/// </summary>
internal sealed class StreamEndings(IHostApplicationLifetime lifetime) : Interceptor
{
    // Health watches need not finish.
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
        // The watcher gets NOT_SERVING before the end.
        using var stopping = lifetime.ApplicationStopping.Register(() => idle.CancelAfter(NextMessage.Idle));
        var ended = Task.Delay(Timeout.Infinite, idle.Token);
        if (await Task.WhenAny(call, ended) == call)
        {
            await call;
            return;
        }
        // Observe the exception, so that it is not reported as unobserved.
        _ = call.ContinueWith(watch => watch.Exception, TaskScheduler.Default);
        throw NextMessage.Stopping();
    }

    private sealed class EndingReader<T>(IAsyncStreamReader<T> requests, CancellationToken stopping) : IAsyncStreamReader<T>
    {
        public T Current => requests.Current;

        public Task<bool> MoveNext(CancellationToken cancellationToken) => NextMessage.Await(requests.MoveNext, stopping, cancellationToken);
    }
}
