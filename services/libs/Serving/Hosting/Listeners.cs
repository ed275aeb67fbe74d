using System.Net;
using System.Text;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// The two ports, and that of the gateway's doors where they have one of their own. All callers share a connection between services, but most of
/// Kestrel's limits close the whole connection of a caller that exceeds them. So they are off, or higher than anything the gateway forwards.
/// </summary>
public sealed class Listeners
{
    /// <summary>
    /// Limit of a request's headers in HTTP/2's count. Past it the connection is closed; the gateway refuses far less, with a status.
    /// </summary>
    public const int MaxHeaderBytes = 256 << 10;

    // HTTP/2 window of a connection in bytes. Streams that are not read use it up and then block all calls. It is more than the gateway lets wait,
    // and no more than a pod has memory for.
    private const int SharedWindow = 512 << 20;

    // Concurrent calls per connection. Kestrel closes it at twice as many that ended early within 5 s, or at as many unsent resets.
    private const int MaxStreams = 1 << 15;

    private ListenOptions? _grpc;
    private ListenOptions? _http;
    private ListenOptions? _doors;
    private bool _isGrpcSecure;
    private bool _isHttpSecure;

    /// <summary>The gRPC address of a started service.</summary>
    public Uri Grpc => AddressOf(_grpc, _isGrpcSecure);

    /// <summary>The HTTP/1.1 address of a started service.</summary>
    public Uri Http => AddressOf(_http, _isHttpSecure);

    /// <summary>The HTTP/1.1 address of a started gateway's doors: <see cref="Http"/>, or one of their own.</summary>
    public Uri Doors => AddressOf(_doors ?? _http, _isHttpSecure);

    public bool DoorsHaveOwnPort => _doors is not null;

    /// <summary>Configures them: TLS of gRPC and of HTTP, null without, and what the service adds to each, null for nothing.</summary>
    internal void Use(
        KestrelServerOptions kestrel, ServingOptions options, int? doorPort,
        (TlsHandshakeCallbackOptions? Grpc, TlsHandshakeCallbackOptions? Http) tls, Action<ListenOptions>? port)
    {
        (_isGrpcSecure, _isHttpSecure) = (tls.Grpc is not null, tls.Http is not null);
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = null;
        // These rates are measured over a whole connection: one slow caller would close it for all.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        // The smallest header counts 32 bytes in HTTP/2, so the byte limit also bounds the number.
        limits.MaxRequestHeaderCount = MaxHeaderBytes / 32;
        limits.MaxRequestLineSize = 16 << 10;
        limits.Http2.MaxRequestHeaderFieldSize = MaxHeaderBytes;
        limits.Http2.MaxStreamsPerConnection = MaxStreams;
        limits.Http2.InitialStreamWindowSize = MeshChannels.StreamWindow;
        limits.Http2.InitialConnectionWindowSize = SharedWindow;
        // Pings detect a caller whose machine is down.
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        // Values are passed on as bytes. With UTF-8, Kestrel's default, invalid bytes would close the connection.
        kestrel.RequestHeaderEncodingSelector = name => name == ":authority" ? IgnoredText.Encoding : Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        Listen(kestrel, options.Address, options.GrpcPort, listen =>
        {
            (_grpc, listen.Protocols) = (listen, HttpProtocols.Http2);
            port?.Invoke(listen);
            Secure(listen, tls.Grpc);
        });
        ListenHttp(options.HttpPort, listen => _http = listen);
        if (doorPort is { } own)
        {
            ListenHttp(own, listen => _doors = listen);
        }

        void ListenHttp(int number, Action<ListenOptions> keep) => Listen(kestrel, options.Address, number, listen =>
        {
            keep(listen);
            listen.Protocols = HttpProtocols.Http1;
            port?.Invoke(listen);
            Secure(listen, tls.Http);
        });
    }

    private static void Secure(ListenOptions listen, TlsHandshakeCallbackOptions? tls)
    {
        if (tls is not null)
        {
            listen.Use(next => connection => EndRefused(next, connection));
            listen.UseHttps(tls);
        }
    }

    /// <summary>
    /// A handshake of a version that is not offered ends in .NET with an exception that Kestrel logs as its own error; it is the caller's (SslStream
    /// does not ask for the options of such a handshake, and then has no certificate).
    /// </summary>
    private static async Task EndRefused(ConnectionDelegate next, ConnectionContext connection)
    {
        try
        {
            await next(connection);
        }
        catch (NotSupportedException)
        {
            connection.Abort();
        }
    }

    /// <summary>Kestrel writes the port it got into the options of a listener, where the system was to choose one.</summary>
    private static Uri AddressOf(ListenOptions? listener, bool isSecure) => listener?.IPEndPoint is { } bound
        ? new Uri($"{(isSecure ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://{bound}") : throw new InvalidOperationException("not started");

    private static void Listen(KestrelServerOptions kestrel, string text, int port, Action<ListenOptions> configure)
    {
        var address = IPAddress.Parse(text);
        if (address.Equals(IPAddress.IPv6Any))
        {
            // Falls back to 0.0.0.0 if the system has no IPv6 (ipv6.disable=1), but not on other errors.
            kestrel.ListenAnyIP(port, configure);
        }
        else
        {
            kestrel.Listen(address, port, configure);
        }
    }
}
