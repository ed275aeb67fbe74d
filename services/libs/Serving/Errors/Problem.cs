using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>A refusal as JSON: problem details (RFC 9457), with the HTTP status that google.rpc.Code defines for each code.</summary>
internal sealed record Problem(StatusCode Code, string Detail)
{
    private int HttpStatus => Code switch
    {
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Writes the whole response and stores the problem for metrics and limits.</summary>
    public void Write(HttpResponse response, TimeSpan? retryAfter)
    {
        response.HttpContext.Features.Set(this);
        response.StatusCode = HttpStatus;
        response.ContentType = MediaTypeNames.Application.ProblemJson;
        if (retryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString("F0", CultureInfo.InvariantCulture);
        }
        var problem = new ProblemDetails { Title = Code.ToString(), Status = HttpStatus, Detail = Detail };
        using var json = new Utf8JsonWriter(response.BodyWriter);
        JsonSerializer.Serialize(json, problem, JsonSerializerOptions.Web);
    }
}
