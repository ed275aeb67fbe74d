using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace MedMoE.Mesh.Serving.Errors;

/// <summary>Checks the headers that a gRPC call needs.</summary>
public static class CallHeaders
{
    public const string HealthPath = "/healthz";
    public const string MetricsPath = "/metrics";

    /// <summary>The gateway's page about its HTTP port.</summary>
    public const string DocsPath = "/docs";

    private const string ContentType = "application/grpc";
    private const string Timeout = "grpc-timeout";

    // Limit of gRPC's protocol, without the unit.
    private const int TimeoutDigits = 8;

    /// <summary>Whether a request is a gRPC call. Other HTTP/2 requests are only probes.</summary>
    public static bool IsCall(HttpRequest request) => HttpProtocol.IsHttp2(request.Protocol) && request.Path.Value is not (HealthPath or MetricsPath);

    /// <summary>The fault of the headers, or null.</summary>
    internal static Status? Fault(HttpRequest request)
    {
        var headers = request.Headers;
        return !HttpMethods.IsPost(request.Method) ? Refusals.Header(":method", "POST")
            : !IsGrpc(headers.ContentType) ? Refusals.Header("content-type", ContentType)
            // RFC 9113, 8.2.2: not allowed in HTTP/2, but accepted by Kestrel.
            : headers.ContainsKey(HeaderNames.TransferEncoding) ? Refusals.Header("transfer-encoding", "none, over HTTP/2")
            : headers.TryGetValue(Timeout, out var timeout) ? TimeoutFault(timeout)
            : null;
    }

    // Accepts "application/grpc", "application/grpc+proto" and "application/grpc;charset=utf-8", but not "application/grpc-web".
    private static bool IsGrpc(StringValues values) =>
        values is [{ } value] && value.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (value.Length == ContentType.Length || value[ContentType.Length] is '+' or ';') && !value.Contains(',', StringComparison.Ordinal);

    /// <summary>Whether a call of this duration has used up the time that its caller gave it.</summary>
    internal static bool DeadlineHasPassed(HttpRequest request, TimeSpan duration) =>
        // A timer may fire a little before its time.
        TimeoutOf(request) is { } timeout && duration >= 0.9 * timeout;

    /// <summary>The time that its caller gave the call; null if it gave none.</summary>
    internal static TimeSpan? TimeoutOf(HttpRequest request)
    {
        var text = request.Headers[Timeout].ToString();
        if (text.Length is < 2 or > TimeoutDigits + 1
            || !int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }
        var unit = text[^1] switch { 'H' => 3600, 'M' => 60, 'S' => 1, 'm' => 1e-3, 'u' => 1e-6, _ => 1e-9 };
        return TimeSpan.FromSeconds(value * unit);
    }

    // grpc-dotnet runs a call with an invalid or zero timeout without a deadline.
    private static Status? TimeoutFault(StringValues values)
    {
        var text = values.ToString();
        return text.Length is < 2 or > TimeoutDigits + 1
            || !"HMSmun".Contains(text[^1], StringComparison.Ordinal)
            || !int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? Refusals.Header(Timeout, "1 to 8 digits and H, M, S, m, u or n")
            // A timeout of less than a tick of .NET's clock, 100 ns, has already passed.
            : value < (text[^1] == 'n' ? TimeSpan.NanosecondsPerTick : 1)
            ? new Status(StatusCode.DeadlineExceeded, $"{Timeout}: the deadline had passed when the call arrived")
            : null;
    }
}
