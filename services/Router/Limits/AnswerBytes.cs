using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using MedMoE.Mesh.Serving.Errors;

namespace MedMoE.Mesh.Router.Limits;

/// <summary>Takes the bytes of a call's answer, in the place of its message's, until it has been read; or answers with RESOURCE_EXHAUSTED instead.</summary>
internal sealed class AnswerBytes : Interceptor
{
    private const string RetryAfterMs = "100";

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var response = await continuation(request, context);
        if (response is IMessage answer && context.GetHttpContext().Features.Get<CallBytes>() is { } held && !held.TryExchange(answer.CalculateSize()))
        {
            throw new RpcException(
                new Status(StatusCode.ResourceExhausted, held.Limit), new Metadata { { GrpcErrors.PushbackTrailer, RetryAfterMs } });
        }
        return response;
    }
}
