using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>An answer to a gRPC call that no handler gives: a status and no message.</summary>
public static class GrpcAnswer
{
    public const string StatusField = "grpc-status";

    private const string MessageField = "grpc-message";

    /// <summary>Answers a call to which nothing has been answered yet.</summary>
    /// <param name="response">The call's response.</param>
    /// <param name="code">Any but OK.</param>
    /// <param name="message">For the caller, in one line.</param>
    /// <param name="retryAfter">What to wait before trying again; null leaves that to the caller.</param>
    public static void Refuse(this HttpResponse response, StatusCode code, string message, TimeSpan? retryAfter = null)
    {
        response.Clear();
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

    /// <summary>The status that a call was answered with; UNKNOWN where there is none.</summary>
    public static StatusCode Status(this HttpResponse response)
    {
        var trailers = response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        var text = response.Headers.TryGetValue(StatusField, out var early) ? early : trailers?[StatusField];
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? (StatusCode)code : StatusCode.Unknown;
    }

    /// <summary>A code as it is written.</summary>
    public static string Text(StatusCode code) => ((int)code).ToString(CultureInfo.InvariantCulture);

    private static string Text(string message) => Uri.EscapeDataString(GrpcErrors.Cut(message));
}
