using Grpc.Core;
using MedMoE.Mesh.Serving.Batching;

namespace MedMoE.Mesh.Gateway.Limits;

internal sealed record Refusal(StatusCode Code, string Message)
{
    /// <summary>Whether the answer asks the caller to retry, with a delay.</summary>
    public bool MayRetry { get; private init; }

    public static Refusal Stopping { get; } = new(StatusCode.Unavailable, new DrainingException().Message);

    public static Refusal Revoked { get; } = new(StatusCode.Unauthenticated, "the caller's key or right has been revoked");

    public static Refusal Expired { get; } = new(StatusCode.Unauthenticated, "the caller's token or certificate has expired");

    public static Refusal Over(string limit) => new(StatusCode.ResourceExhausted, $"over the limit of {limit}") { MayRetry = true };

    public static Refusal Unread(TimeSpan limit) =>
        new(StatusCode.ResourceExhausted, $"the answer was not read for {limit.TotalSeconds} s (Gateway:AnswerTimeout)");
}
