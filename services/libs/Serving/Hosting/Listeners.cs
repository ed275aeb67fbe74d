using System.Net;
using System.Text;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>
/// The two ports. A connection between services carries everybody's calls, and most of Kestrel's limits end the connection of whoever is past
/// them: here they are off, or out of reach of what the gateway lets through.
/// </summary>
public sealed class Listeners
{
    /// <summary>
    /// Bytes of an HTTP/2 stream on their way. The default is less than one pyramid, which would wait for a round trip in its middle.
    /// </summary>
    public const int StreamWindow = 8 << 20;

    /// <summary>Bytes of a request's headers, as HTTP/2 counts them. More ends the connection; the gateway refuses far less, with a status.</summary>
    public const int MaxHeaderBytes = 256 << 10;

    // Bytes of a connection on their way. Streams that nobody reads from use it up, and then nobody's calls get on: it is more than the gateway lets
    // wait, and no more than a pod has memory for.
    private const int SharedWindow = 512 << 20;

    // Calls that a connection carries. Kestrel closes it at twice as many that have ended early within 5 s, or resets that it has not sent yet.
    private const int MaxStreams = 1 << 15;

    private ListenOptions? _grpc;
    private ListenOptions? _http;

    /// <summary>Where a started service answers gRPC.</summary>
    public Uri Grpc => AddressOf(_grpc);

    /// <summary>Where a started service answers HTTP/1.1.</summary>
    public Uri Http => AddressOf(_http);

    /// <summary>Configures both.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="options">Address and ports.</param>
    /// <param name="grpcPort">What else the service has on its port of gRPC; null for nothing.</param>
    internal void Use(KestrelServerOptions kestrel, ServingOptions options, Action<ListenOptions>? grpcPort)
    {
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = null;
        // Measured over a whole HTTP/2 connection: one caller who stops sending, or reading, would end it for all.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        // The smallest header has 32 bytes, as HTTP/2 counts them: the number is bounded by their bytes.
        limits.MaxRequestHeaderCount = MaxHeaderBytes / 32;
        limits.MaxRequestLineSize = 16 << 10;
        limits.Http2.MaxRequestHeaderFieldSize = MaxHeaderBytes;
        limits.Http2.MaxStreamsPerConnection = MaxStreams;
        limits.Http2.InitialStreamWindowSize = StreamWindow;
        limits.Http2.InitialConnectionWindowSize = SharedWindow;
        // A caller whose machine has gone says nothing: ask it.
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        // Values pass as the bytes they are. As UTF-8, Kestrel's choice, bytes that are none would end the connection.
        kestrel.RequestHeaderEncodingSelector = name => name == ":authority" ? IgnoredText.Encoding : Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        Listen(kestrel, options.Address, options.GrpcPort, listen =>
        {
            (_grpc, listen.Protocols) = (listen, HttpProtocols.Http2);
            grpcPort?.Invoke(listen);
        });
        Listen(kestrel, options.Address, options.HttpPort, listen => (_http, listen.Protocols) = (listen, HttpProtocols.Http1));
    }

    /// <summary>Kestrel writes the port it got into the options of a listener, where the system was to choose one.</summary>
    private static Uri AddressOf(ListenOptions? listener) =>
        listener?.IPEndPoint is { } bound ? MeshTransport.AddressOf(bound.ToString())! : throw new InvalidOperationException("not started");

    private static void Listen(KestrelServerOptions kestrel, string text, int port, Action<ListenOptions> configure)
    {
        var address = IPAddress.Parse(text);
        if (address.Equals(IPAddress.IPv6Any))
        {
            // Takes 0.0.0.0 where the system knows no IPv6 (ipv6.disable=1), and nothing else that goes wrong for a reason to.
            kestrel.ListenAnyIP(port, configure);
        }
        else
        {
            kestrel.Listen(address, port, configure);
        }
    }
}
