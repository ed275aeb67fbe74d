using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>Answers calls that reach no handler, in the protocol of the request: gRPC or JSON.</summary>
public static class RefusedCalls
{
    /// <summary>
    /// Answers a call that has no answer yet. The code is not OK, the message is one line for the caller, and a null back-off time is left to the
    /// caller.
    /// </summary>
    public static void Refuse(this HttpResponse response, StatusCode code, string message, TimeSpan? retryAfter = null)
    {
        response.Clear();
        if (response.HttpContext.Request.HasJsonContentType())
        {
            new Problem(code, GrpcErrors.Cut(message)) { RetryAfter = retryAfter }.Write(response);
        }
        else
        {
            GrpcAnswer.Refuse(response, code, message, retryAfter);
        }
    }

    /// <inheritdoc cref="Refuse(HttpResponse, StatusCode, string, TimeSpan?)"/>
    public static void Refuse(this HttpResponse response, Status status) => response.Refuse(status.StatusCode, status.Detail);
}
