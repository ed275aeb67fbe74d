using Grpc.Core;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>The messages of a stream. Faults that the caller caused get the mesh's status; only here can they be distinguished.</summary>
internal sealed class RequestReader<T>(IAsyncStreamReader<T> requests, int maxMessageBytes) : IAsyncStreamReader<T>
{
    public T Current => requests.Current;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        try
        {
            return await requests.MoveNext(cancellationToken);
        }
        catch (Exception e) when (Refusals.OfGrpcDotnet($"{e.GetType().Name}: {e.Message}", maxMessageBytes) is { } refusal)
        {
            throw new RpcException(refusal);
        }
    }
}
