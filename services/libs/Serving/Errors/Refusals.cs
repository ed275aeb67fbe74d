using Grpc.Core;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>
/// Statuses for calls that are refused before a handler runs. All are the caller's fault, so none is UNKNOWN, INTERNAL or UNAVAILABLE, none marks a
/// replica as lost, and they are counted but not logged.
/// </summary>
public static class Refusals
{
    private const string TooLarge = "the message is over the limit of";

    public static Status Unreadable { get; } = Invalid("the message is not a valid Protocol Buffers encoding of its type");

    public static Status NotCompressed { get; } = Invalid("the message is not compressed with the algorithm in grpc-encoding");

    public static Status NoEncoding { get; } = Invalid("grpc-encoding: a compressed message needs a compression algorithm");

    public static Status UnknownFlag { get; } = Invalid("the first byte of a message must be 0, or 1 if it is compressed");

    public static Status Incomplete { get; } = Invalid("the request ended before its message was complete");

    public static Status MoreThanOne { get; } = Invalid("the method takes one message, but the request has more");

    public static Status NoSuchMethod { get; } = new(StatusCode.Unimplemented, "no such method");

    // grpc-dotnet refuses these before any interceptor, as UNKNOWN or INTERNAL, or without the limit (2.85, PipeExtensions).
    private static readonly (string Words, Func<int, Status> Refusal)[] _grpcDotnet =
    [
        ("Received message exceeds the maximum configured message size.", MessageTooLarge),
        ("Message too large: ", MessageTooLarge),
        ("Unexpected compressed flag value", _ => UnknownFlag),
        ("InvalidDataException", _ => NotCompressed),
        ("InvalidProtocolBufferException", _ => Unreadable),
        ("Incomplete message.", _ => Incomplete),
        ("Additional data after the message received.", _ => MoreThanOne),
        ("Request did not include grpc-encoding value", _ => NoEncoding),
        ("Request sent 'identity' grpc-encoding value", _ => NoEncoding),
    ];

    public static Status MessageTooLarge(int limit) => new(StatusCode.ResourceExhausted, $"{TooLarge} {limit} bytes");

    /// <summary>Whether a service's RESOURCE_EXHAUSTED is <see cref="MessageTooLarge"/>: HTTP has a status of its own for it.</summary>
    internal static bool IsTooLarge(string detail) => detail.StartsWith(TooLarge, StringComparison.Ordinal);

    /// <param name="limit">Of <see cref="Limits.MessageElements"/>.</param>
    public static Status TooManyElements(int limit) => Invalid($"the message has more than {limit} fields and elements of lists");

    public static Status MetadataTooLarge(int size, int limit) =>
        new(StatusCode.ResourceExhausted, $"the metadata has {size} bytes, over the limit of {limit} (Gateway:MaxMetadataBytes)");

    public static Status MessageTooSlow(TimeSpan limit) =>
        new(StatusCode.DeadlineExceeded, $"the message did not arrive within {limit.TotalSeconds:0.###} s (Gateway:MessageTimeout)");

    public static Status Header(string name, string expected) => Invalid($"{name}: expected {expected}");

    /// <summary>The mesh's status for a message of grpc-dotnet about a request, or null.</summary>
    internal static Status? OfGrpcDotnet(string words, int maxMessageBytes) =>
        _grpcDotnet.FirstOrDefault(known => words.Contains(known.Words, StringComparison.Ordinal)).Refusal?.Invoke(maxMessageBytes);

    private static Status Invalid(string detail) => new(StatusCode.InvalidArgument, detail);
}
