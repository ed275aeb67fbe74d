using Grpc.Core;
using Grpc.Core.Interceptors;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Serving.Load;

namespace MedMoE.Mesh.Serving.Balancing;

/// <summary>Measures the calls of one channel for <see cref="ReplicaBalancer"/>.</summary>
internal sealed class MeasuredCalls(TimeProvider time) : Interceptor
{
    // grpc-dotnet tells a picker nothing of its call, and the picker's tracker hears of the answer's headers only (grpc-dotnet 2.85,
    // ISubchannelCallTracker).
    private static readonly AsyncLocal<MeasuredCall?> _current = new();

    private readonly MethodPaces _paces = new();

    /// <summary>The call that a replica is being chosen for.</summary>
    public static MeasuredCall? Current => _current.Value;

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = Start(context.Method, out var measured, () => continuation(request, context));
        EndWith(call.ResponseAsync, measured, call.GetTrailers);
        return call;
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = Start(context.Method, out var measured, () => continuation(context));
        EndWith(call.ResponseAsync, measured, call.GetTrailers);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            new Requests<TRequest>(call.RequestStream, measured), call.ResponseAsync, call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers,
            call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = Start(context.Method, out var measured, () => continuation(request, context));
        return new AsyncServerStreamingCall<TResponse>(
            new Answers<TResponse>(call.ResponseStream, measured, call.GetTrailers), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers,
            () => Dispose(call, measured));
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = Start(context.Method, out var measured, () => continuation(context));
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.RequestStream, new Answers<TResponse>(call.ResponseStream, measured, call.GetTrailers), call.ResponseHeadersAsync, call.GetStatus,
            call.GetTrailers, () => Dispose(call, measured));
    }

    private T Start<T>(IMethod method, out MeasuredCall measured, Func<T> start)
    {
        measured = new MeasuredCall(_paces, method.FullName, method.Type != MethodType.DuplexStreaming, time);
        var before = _current.Value;
        _current.Value = measured;
        try
        {
            return start();
        }
        finally
        {
            _current.Value = before;
        }
    }

    private static void EndWith<T>(Task<T> response, MeasuredCall measured, Func<Metadata> trailers) => response.ContinueWith(
        ended => End(measured, ended.Exception?.InnerException, ended.IsCanceled, trailers), CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private static void End(MeasuredCall measured, Exception? failure, bool isCancelled, Func<Metadata> trailers)
    {
        var status = failure is RpcException rpc ? rpc.StatusCode
            : isCancelled || failure is OperationCanceledException ? StatusCode.Cancelled
            : failure is null ? StatusCode.OK : StatusCode.Unknown;
        var fields = (failure as RpcException)?.Trailers ?? (failure is null && !isCancelled ? trailers() : []);
        measured.Ended(
            status, fields.Get(GrpcErrors.ServiceTrailer) is not null,
            fields.GetValueBytes(LoadReports.Trailer) is { } report ? LoadReports.Read(report) : null);
    }

    private static void Dispose(IDisposable call, MeasuredCall measured)
    {
        call.Dispose();
        // Of a call that was not read to its end.
        measured.Ended(StatusCode.Cancelled);
    }

    private sealed class Requests<T>(IClientStreamWriter<T> requests, MeasuredCall measured) : IClientStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => requests.WriteOptions;
            set => requests.WriteOptions = value;
        }

        public Task WriteAsync(T message) => requests.WriteAsync(message);

        public Task WriteAsync(T message, CancellationToken cancellationToken) => requests.WriteAsync(message, cancellationToken);

        public Task CompleteAsync()
        {
            measured.LastRequest();
            return requests.CompleteAsync();
        }
    }

    private sealed class Answers<T>(IAsyncStreamReader<T> answers, MeasuredCall measured, Func<Metadata> trailers) : IAsyncStreamReader<T>
    {
        public T Current => answers.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            bool hasNext;
            try
            {
                hasNext = await answers.MoveNext(cancellationToken);
            }
            catch (Exception e)
            {
                End(measured, e, isCancelled: false, trailers);
                throw;
            }
            if (hasNext)
            {
                measured.FirstAnswer();
            }
            else
            {
                End(measured, null, isCancelled: false, trailers);
            }
            return hasNext;
        }
    }
}
