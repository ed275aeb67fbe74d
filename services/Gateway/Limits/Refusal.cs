using Grpc.Core;
using MedMoE.Mesh.Serving.Batching;

namespace MedMoE.Mesh.Gateway.Limits;

internal sealed record Refusal(StatusCode Code, string Message)
{
    /// <summary>Whether the answer asks the caller to retry, with a delay.</summary>
    public bool MayRetry { get; private init; }

    /// <summary>The trailer <see cref="FieldFaults.Trailer"/>, which names an invalid field to programs; null where none is.</summary>
    public string? Details { get; private init; }

    public static Refusal Stopping { get; } = new(StatusCode.Unavailable, new DrainingException().Message);

    public static Refusal Revoked { get; } = new(StatusCode.Unauthenticated, "the caller's key or right has been revoked");

    public static Refusal Expired { get; } = new(StatusCode.Unauthenticated, "the caller's token or certificate has expired");

    /// <summary>Writes it into the headers or trailers of an answer.</summary>
    public void Write(IHeaderDictionary fields)
    {
        GrpcAnswer.Write(fields, Code, Message);
        if (Details is not null)
        {
            fields[FieldFaults.Trailer] = Details;
        }
    }

    public static Refusal Over(string limit) => new(StatusCode.ResourceExhausted, $"over the limit of {limit}") { MayRetry = true };

    /// <summary>For a message that cannot be read; <paramref name="where"/> comes before what is wrong with it.</summary>
    public static Refusal Of(RpcException e, string where = "") => new(e.StatusCode, where + e.Status.Detail)
    {
        Details = e.Trailers.GetValueBytes(FieldFaults.Trailer) is { } details ? Convert.ToBase64String(details) : null,
    };

    public static Refusal Unread(TimeSpan limit) =>
        new(StatusCode.ResourceExhausted, $"the answer was not read for {limit.TotalSeconds} s (Gateway:AnswerTimeout)");
}
