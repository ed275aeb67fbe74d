using System.Globalization;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>Reads and writes gRPC statuses in HTTP/2 responses, outside of handlers.</summary>
public static class GrpcAnswer
{
    public const string StatusField = "grpc-status";

    public const string MessageField = "grpc-message";

    /// <summary>Answers a call that has no answer yet.</summary>
    internal static void Refuse(HttpResponse response, StatusCode code, string message, TimeSpan? retryAfter)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        // Without a body, the headers are the trailers.
        Write(response.Headers, code, message);
        if (retryAfter is { } wait)
        {
            response.Headers[GrpcErrors.PushbackTrailer] = Math.Ceiling(wait.TotalMilliseconds).ToString("F0", CultureInfo.InvariantCulture);
        }
    }

    public static void Write(IHeaderDictionary fields, StatusCode code, string message)
    {
        fields[StatusField] = Text(code);
        fields[MessageField] = Text(message);
    }

    /// <summary>Ends an answer that has started and cannot continue, with a code other than OK. HTTP/2 only.</summary>
    public static void BreakOff(this HttpResponse response, StatusCode code, string message)
    {
        response.AppendTrailer(StatusField, Text(code));
        response.AppendTrailer(MessageField, Text(message));
    }

    /// <summary>The status of the answer, or null before there is one.</summary>
    public static StatusCode? Status(this HttpResponse response) =>
        response.HttpContext.Features.Get<Problem>() is { } problem ? problem.Code
        : int.TryParse(Field(response, StatusField), NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? (StatusCode)code : null;

    /// <summary>Replaces a status that has not been sent yet.</summary>
    internal static void Restate(this HttpResponse response, Status status)
    {
        if (Fields(response) is { IsReadOnly: false } fields)
        {
            Write(fields, status.StatusCode, status.Detail);
        }
    }

    /// <summary>The status message.</summary>
    public static string Message(this HttpResponse response) => Uri.UnescapeDataString(Field(response, MessageField) ?? "");

    /// <summary>A field of the answer's end, or null. It is in the headers before the answer has started, then in the trailers.</summary>
    public static string? Field(this HttpResponse response, string name) =>
        response.Headers.TryGetValue(name, out var early) ? early : Trailers(response)?[name];

    private static IHeaderDictionary? Fields(HttpResponse response) => response.HasStarted ? Trailers(response) : response.Headers;

    private static IHeaderDictionary? Trailers(HttpResponse response) => response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;

    public static string Text(StatusCode code) => ((int)code).ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Encodes what gRPC asks for and no more, because some clients decode no more: bytes of UTF-8 outside of %x20-7E, and the percent sign (gRPC
    /// over HTTP/2, Status-Message).
    /// </summary>
    private static string Text(string message)
    {
        var text = new StringBuilder();
        foreach (var one in Encoding.UTF8.GetBytes(GrpcErrors.Cut(message)))
        {
            if (one is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                text.Append((char)one);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"%{one:X2}");
            }
        }
        return text.ToString();
    }
}
