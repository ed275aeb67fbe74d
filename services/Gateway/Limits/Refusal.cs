using Grpc.Core;
using MedMoE.Mesh.Serving.Batching;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Why the gateway ends a call.</summary>
/// <param name="Code">Its status.</param>
/// <param name="Message">For the caller: names the limit and its setting.</param>
internal sealed record Refusal(StatusCode Code, string Message)
{
    /// <summary>Whether it helps to try again, so that the caller is told when.</summary>
    public bool MayRetry { get; private init; }

    public static Refusal Stopping { get; } = new(StatusCode.Unavailable, new DrainingException().Message);

    public static Refusal Over(string limit) => new(StatusCode.ResourceExhausted, $"over the limit of {limit}") { MayRetry = true };

    public static Refusal Unread(TimeSpan limit) =>
        new(StatusCode.ResourceExhausted, $"the answer was not read for {limit.TotalSeconds} s (Gateway:AnswerTimeout)");
}
