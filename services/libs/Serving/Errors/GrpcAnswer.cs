using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>The status of a gRPC call that no handler gives, as HTTP/2 carries it.</summary>
public static class GrpcAnswer
{
    public const string StatusField = "grpc-status";

    private const string MessageField = "grpc-message";

    /// <summary>Writes the answer to a call to which nothing has been answered yet.</summary>
    internal static void Refuse(HttpResponse response, StatusCode code, string message, TimeSpan? retryAfter)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        // With nothing to follow, the headers are the trailers.
        Write(response.Headers, code, message);
        if (retryAfter is { } wait)
        {
            response.Headers[GrpcErrors.PushbackTrailer] = Math.Ceiling(wait.TotalMilliseconds).ToString("F0", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Writes a status over the one that is there.</summary>
    public static void Write(IHeaderDictionary fields, StatusCode code, string message)
    {
        fields[StatusField] = Text(code);
        fields[MessageField] = Text(message);
    }

    /// <summary>Ends an answer that has begun and cannot go on.</summary>
    /// <param name="response">The call's response, over HTTP/2.</param>
    /// <param name="code">Any but OK.</param>
    /// <param name="message">For the caller, in one line.</param>
    public static void BreakOff(this HttpResponse response, StatusCode code, string message)
    {
        response.AppendTrailer(StatusField, Text(code));
        response.AppendTrailer(MessageField, Text(message));
    }

    /// <summary>The status that a call was answered with, or null where there is none.</summary>
    public static StatusCode? Status(this HttpResponse response) =>
        response.HttpContext.Features.Get<Problem>() is { } problem ? problem.Code
        : int.TryParse(Field(response, StatusField), NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? (StatusCode)code : null;

    /// <summary>Puts another status in the place of one that has not been sent yet.</summary>
    internal static void Restate(this HttpResponse response, Status status)
    {
        if (Fields(response) is { IsReadOnly: false } fields)
        {
            Write(fields, status.StatusCode, status.Detail);
        }
    }

    /// <summary>The message of the status, as it is sent.</summary>
    internal static string Message(this HttpResponse response) => Field(response, MessageField) ?? "";

    // A status stands in the headers where nothing has been answered yet, else in the trailers.
    private static string? Field(HttpResponse response, string name) =>
        response.Headers.TryGetValue(name, out var early) ? early : Trailers(response)?[name];

    private static IHeaderDictionary? Fields(HttpResponse response) => response.HasStarted ? Trailers(response) : response.Headers;

    private static IHeaderDictionary? Trailers(HttpResponse response) =>
        response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;

    /// <summary>A code as it is written.</summary>
    public static string Text(StatusCode code) => ((int)code).ToString(CultureInfo.InvariantCulture);

    private static string Text(string message) => Uri.EscapeDataString(GrpcErrors.Cut(message));
}
