using Grpc.Core;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Client;

/// <summary>What the messages about calls that failed have in common.</summary>
public static class FailedCalls
{
    /// <summary>The id of a request that failed, as the end of a message: operators find the call by it. Empty where the answer has none.</summary>
    /// <param name="e">The failure.</param>
    /// <param name="headers">The headers of the answer; a refusal without a message has them as trailers.</param>
    public static string RequestOf(this RpcException e, Task<Metadata>? headers = null)
    {
        var id = e.Trailers.GetValue(CallerHeaders.RequestId)
            ?? (headers is { IsCompletedSuccessfully: true } ? headers.Result.GetValue(CallerHeaders.RequestId) : null);
        return id is null ? "" : $" (request {id})";
    }
}
