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
    /// <summary>The invalid field that a service reported, or null.</summary>
    public static InvalidFieldException? FieldFault(this RpcException e) =>
        e.Trailers.GetRpcStatus(ignoreParseError: true)?.GetDetail<BadRequest>()?.FieldViolations is [var violation, ..]
            ? new InvalidFieldException(violation.Field, violation.Description)
            : null;

    internal static RpcException ToRpcException(this InvalidFieldException fault) => new Google.Rpc.Status
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
