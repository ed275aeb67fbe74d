using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>Answers calls that reach no handler, in the protocol of the request: gRPC, or JSON to those who sent it.</summary>
public static class RefusedCalls
{
    /// <summary>Answers a call to which nothing has been answered yet.</summary>
    /// <param name="response">The call's response.</param>
    /// <param name="code">Any but OK.</param>
    /// <param name="message">For the caller, in one line.</param>
    /// <param name="retryAfter">What to wait before trying again; null leaves that to the caller.</param>
    public static void Refuse(this HttpResponse response, StatusCode code, string message, TimeSpan? retryAfter = null)
    {
        response.Clear();
        if (response.HttpContext.Request.HasJsonContentType())
        {
            new Problem(code, GrpcErrors.Cut(message)).Write(response, retryAfter);
        }
        else
        {
            GrpcAnswer.Refuse(response, code, message, retryAfter);
        }
    }

    /// <summary>The same with a status of <see cref="Refusals"/>.</summary>
    public static void Refuse(this HttpResponse response, Status status) => response.Refuse(status.StatusCode, status.Detail);
}
