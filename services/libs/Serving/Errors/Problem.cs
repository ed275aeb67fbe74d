using System.Buffers;
using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using Grpc.Core;
using MedMoE.Mesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using CodeReflection = Google.Rpc.CodeReflection;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>
/// A refusal as JSON: problem details (RFC 9457), under the HTTP status that google.rpc.Code defines for each code, and 413 for a message that is too
/// large. Besides RFC 9457's members it has <c>code</c>, the name of the gRPC code, and where they are known <c>errors</c>, the invalid fields as
/// <c>{"field", "reason"}</c>, <c>service</c>, where the error came from, and <c>request</c>, the request's id.
/// </summary>
public sealed record Problem(StatusCode Code, string Detail)
{
    public const string ContentType = MediaTypeNames.Application.ProblemJson;

    /// <summary>Set where HTTP says more than the code does, as for a method that is not allowed.</summary>
    public int HttpStatus { get => field == 0 ? StatusOf(Code, Detail) : field; init; }

    /// <summary>The code's name as in <c>INVALID_ARGUMENT</c>.</summary>
    public string CodeName => CodeReflection.Descriptor.EnumTypes[0].FindValueByNumber((int)Code).Name;

    public IReadOnlyList<InvalidFieldException> Fields { get; init; } = [];

    public string? Service { get; init; }

    public string? Request { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The problem that a gRPC answer with a status other than OK tells.</summary>
    public static Problem Of(HttpResponse answer)
    {
        var delay = double.TryParse(answer.Field(GrpcErrors.PushbackTrailer), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds) : (TimeSpan?)null;
        var (code, message) = answer.Status() is { } status and not StatusCode.OK
            ? (status, answer.Message()) : (GrpcErrors.Unexpected.StatusCode, GrpcErrors.Unexpected.Detail);
        return new Problem(code, message)
        {
            Fields = FieldFaults.Read(answer.Field(FieldFaults.Trailer)),
            Service = answer.Field(GrpcErrors.ServiceTrailer),
            RetryAfter = delay,
        };
    }

    /// <summary>Writes the head of a response.</summary>
    public void WriteHead(HttpResponse response)
    {
        response.StatusCode = HttpStatus;
        response.ContentType = ContentType;
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString("F0", CultureInfo.InvariantCulture);
        }
        if (HttpStatus == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }
    }

    public void WriteBody(IBufferWriter<byte> body)
    {
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("type", "about:blank");
        json.WriteString("title", ReasonPhrases.GetReasonPhrase(HttpStatus));
        json.WriteNumber("status", HttpStatus);
        json.WriteString("detail", Detail);
        json.WriteString("code", CodeName);
        if (Fields.Count > 0)
        {
            json.WriteStartArray("errors");
            foreach (var fault in Fields)
            {
                json.WriteStartObject();
                json.WriteString("field", fault.Field);
                json.WriteString("reason", fault.Reason);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        if (Service is not null)
        {
            json.WriteString("service", Service);
        }
        if (Request is not null)
        {
            json.WriteString("request", Request);
        }
        json.WriteEndObject();
    }

    /// <summary>Writes the whole response and stores the problem for metrics and limits.</summary>
    internal void Write(HttpResponse response)
    {
        response.HttpContext.Features.Set(this);
        WriteHead(response);
        WriteBody(response.BodyWriter);
    }

    private static int StatusOf(StatusCode code, string detail) => code switch
    {
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted when Refusals.IsTooLarge(detail) => StatusCodes.Status413PayloadTooLarge,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        StatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}
