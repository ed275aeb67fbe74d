using System.Globalization;
using Grpc.Core;
using MedMoE.Mesh.Serving.Endpoints;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace MedMoE.Mesh.Gateway.Doors;

/// <summary>
/// The call of gRPC that a request at a door stands for: a request of HTTP/2 as a client of gRPC would send it on the same connection.
/// </summary>
internal static class DoorContext
{
    /// <summary>Header with the time that a caller gives a call, in seconds.</summary>
    public const string Timeout = "request-timeout";

    private const string GrpcTimeout = "grpc-timeout";

    // gRPC has eight digits.
    private const int MaxMilliseconds = 99_999_999;

    /// <summary>Headers of gRPC that a door gives itself.</summary>
    private static readonly HashSet<string> _given = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.ContentType, HeaderNames.GrpcEncoding, HeaderNames.GrpcAcceptEncoding, GrpcTimeout, Timeout,
    };

    /// <exception cref="DoorException">The time-out is not one.</exception>
    public static HttpContext Create(HttpContext outer, DoorCall call, DoorAnswer answer)
    {
        var features = new FeatureCollection();
        Share<IHttpConnectionFeature>();
        Share<ITlsConnectionFeature>();
        Share<IHttpRequestIdentifierFeature>();
        Share<IHttpRequestLifetimeFeature>();
        Share<IRequestBodyPipeFeature>();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Protocol = HttpProtocol.Http2,
            Method = HttpMethods.Post,
            Scheme = outer.Request.Scheme,
            Path = MeshContract.PathOf(call.Method),
            RawTarget = MeshContract.PathOf(call.Method),
            Headers = Headers(outer.Request, call),
        });
        features.Set<IHttpRequestBodyDetectionFeature>(new WithBody());
        features.Set<IHttpResponseFeature>(answer.Head);
        features.Set<IHttpResponseBodyFeature>(answer);
        features.Set<IHttpResponseTrailersFeature>(answer);
        features.Set<IHttpResetFeature>(answer);
        features.Set<Calls.ITranslatedRequest>(call);
        features.Set(answer);
        return new DefaultHttpContext(features) { RequestServices = outer.RequestServices };

        void Share<T>() => features.Set(outer.Features.Get<T>()!);
    }

    private static HeaderDictionary Headers(HttpRequest request, DoorCall call)
    {
        var headers = new HeaderDictionary { [HeaderNames.ContentType] = "application/grpc" };
        foreach (var (name, value) in request.Headers.Where(header => !HttpHeaders.Have(header.Key) && !_given.Contains(header.Key)))
        {
            headers[name] = value;
        }
        if (request.Headers.TryGetValue(Timeout, out var timeout))
        {
            headers[GrpcTimeout] = InMilliseconds(timeout.ToString());
        }
        foreach (var (name, value) in call.Metadata)
        {
            headers[name] = value;
        }
        return headers;
    }

    private static string InMilliseconds(string seconds) =>
        decimal.TryParse(seconds, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var time)
        && time * 1000 is >= 1 and <= MaxMilliseconds and var milliseconds
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:F0}m")
            : throw new DoorException(
                new Problem(StatusCode.InvalidArgument, $"{Timeout}: expected seconds, from 0.001 to {MaxMilliseconds / 1000}"));

    /// <summary>The proxy asks, because requests of HTTP/1.1 may have none.</summary>
    private sealed class WithBody : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => true;
    }
}
