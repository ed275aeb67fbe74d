using Grpc.Core;
using Grpc.Core.Interceptors;
using MedMoE.Mesh.Serving.Sharing;
using MedMoE.Mesh.Serving.Telemetry;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>Adds the id of the request, and the share of its caller, to calls of other services.</summary>
internal sealed class PassedHeaders : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, WithHeaders(context));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(request, WithHeaders(context));

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(WithHeaders(context));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(WithHeaders(context));

    private static ClientInterceptorContext<TRequest, TResponse> WithHeaders<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class
    {
        if (RequestId.Current is not { } id)
        {
            return context;
        }
        Metadata headers = [.. context.Options.Headers ?? [], new(RequestId.Header, id), new(CallerShare.Header, CallerShare.Current.ToString())];
        return new(context.Method, context.Host, context.Options.WithHeaders(headers));
    }
}
