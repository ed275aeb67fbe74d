using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>
/// The invalid field of a request for programs, as google.rpc.BadRequest in the trailer grpc-status-details-bin. The status message says the same for
/// people.
/// </summary>
public static class FieldFaults
{
    /// <summary>Trailer with google.rpc.Status, in base64.</summary>
    public const string Trailer = "grpc-status-details-bin";

    /// <summary>The invalid field that a service reported, or null.</summary>
    public static InvalidFieldException? FieldFault(this RpcException e) =>
        e.Trailers.GetRpcStatus(ignoreParseError: true)?.GetDetail<BadRequest>()?.FieldViolations is [var violation, ..]
            ? new InvalidFieldException(violation.Field, violation.Description)
            : null;

    /// <summary>The invalid fields in the text of <see cref="Trailer"/>; none if it is missing or cannot be read.</summary>
    internal static IReadOnlyList<InvalidFieldException> Read(string? trailer)
    {
        if (string.IsNullOrEmpty(trailer))
        {
            return [];
        }
        try
        {
            // gRPC allows padding to be left out.
            var padded = trailer.PadRight((trailer.Length + 3) / 4 * 4, '=');
            var status = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(padded));
            return [.. status.GetDetail<BadRequest>()?.FieldViolations.Select(v => new InvalidFieldException(v.Field, v.Description)) ?? []];
        }
        catch (Exception e) when (e is FormatException or InvalidProtocolBufferException)
        {
            return [];
        }
    }

    public static RpcException ToRpcException(this InvalidFieldException fault) => new Google.Rpc.Status
    {
        Code = (int)Code.InvalidArgument,
        Message = GrpcErrors.Cut(fault.Message),
        Details =
        {
            Any.Pack(new BadRequest
            {
                FieldViolations = { new BadRequest.Types.FieldViolation { Field = fault.Field, Description = GrpcErrors.Cut(fault.Reason) } },
            }),
        },
    }.ToRpcException();
}
