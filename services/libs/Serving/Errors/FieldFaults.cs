using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>
/// Which field of a request cannot be used, for programs: google.rpc.BadRequest in the trailer grpc-status-details-bin. The status' message says
/// the same for people.
/// </summary>
public static class FieldFaults
{
    /// <summary>The fault that a service found in a field of its request, or null.</summary>
    public static InvalidFieldException? FieldFault(this RpcException e) =>
        e.Trailers.GetRpcStatus(ignoreParseError: true)?.GetDetail<BadRequest>()?.FieldViolations is [var violation, ..]
            ? new InvalidFieldException(violation.Field, violation.Description)
            : null;

    /// <summary>INVALID_ARGUMENT with the field.</summary>
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
