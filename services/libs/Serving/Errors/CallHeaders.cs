using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>The headers that decide whether a request can be a gRPC call at all.</summary>
public static class CallHeaders
{
    internal const string HealthPath = "/healthz";
    internal const string MetricsPath = "/metrics";

    private const string ContentType = "application/grpc";
    private const string Timeout = "grpc-timeout";

    // The longest value that gRPC's protocol allows, without its unit.
    private const int TimeoutDigits = 8;

    /// <summary>Whether a request is to be a gRPC call. Over HTTP/2 there are only the probes besides.</summary>
    public static bool IsCall(HttpRequest request) =>
        HttpProtocol.IsHttp2(request.Protocol) && request.Path.Value is not (HealthPath or MetricsPath);

    /// <summary>What is wrong with them, or null.</summary>
    internal static Status? Fault(HttpRequest request)
    {
        var headers = request.Headers;
        return !HttpMethods.IsPost(request.Method) ? Refusals.Header(":method", "POST")
            : !IsGrpc(headers.ContentType) ? Refusals.Header("content-type", ContentType)
            // RFC 9113, 8.2.2: HTTP/2 has frames instead. Kestrel lets it through.
            : headers.ContainsKey(HeaderNames.TransferEncoding) ? Refusals.Header("transfer-encoding", "none, over HTTP/2")
            : headers.TryGetValue(Timeout, out var timeout) ? OfTimeout(timeout)
            : null;
    }

    // As "application/grpc", "application/grpc+proto" or "application/grpc;charset=utf-8"; not "application/grpc-web".
    private static bool IsGrpc(StringValues values) =>
        values is [{ } value] && value.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (value.Length == ContentType.Length || value[ContentType.Length] is '+' or ';') && !value.Contains(',', StringComparison.Ordinal);

    // grpc-dotnet runs a call whose time-out it cannot read, or that is zero, without any deadline.
    private static Status? OfTimeout(StringValues values)
    {
        var text = values.ToString();
        return text.Length is < 2 or > TimeoutDigits + 1
            || !"HMSmun".Contains(text[^1], StringComparison.Ordinal)
            || !int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? Refusals.Header(Timeout, "1 to 8 digits and H, M, S, m, u or n")
            // Less than a tick of .NET's clock, 100 ns, has passed by now, too.
            : value < (text[^1] == 'n' ? TimeSpan.NanosecondsPerTick : 1)
            ? new Status(StatusCode.DeadlineExceeded, $"{Timeout}: the deadline had passed when the call arrived")
            : null;
    }
}
