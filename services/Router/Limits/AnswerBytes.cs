using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using MedMoE.Mesh.Serving.Batching;

namespace MedMoE.Mesh.Router.Limits;

/// <summary>Counts an answer, instead of its request, against the limit until it is read; beyond it RESOURCE_EXHAUSTED.</summary>
internal sealed class AnswerBytes : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var response = await continuation(request, context);
        if (response is IMessage answer && context.GetHttpContext().Features.Get<CallBytes>() is { } held
            && !held.TryExchange(answer.CalculateSize()))
        {
            throw new QueueFullException(held.Limit, HeldBytes.RetryAfter);
        }
        return response;
    }
}
