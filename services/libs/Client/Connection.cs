using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Client;

/// <summary>A server that cannot be connected to, or options that do not fit it.</summary>
public sealed class ConnectionException(string reason) : InvalidInputException(reason);

/// <summary>How a tool connects to a mesh: with TLS or without, and as whom.</summary>
public sealed record Connection
{
    private readonly Lazy<MeshTransport> _transport;

    public Connection() => _transport = new(MakeTransport);

    /// <summary>TLS; the authorities of the system are trusted, unless there is an <see cref="Authority"/>.</summary>
    public bool Tls { get; init; }

    /// <summary>PEM file of the authorities to trust.</summary>
    public string? Authority { get; init; }

    /// <summary>PEM file of the client's certificate.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file of its private key.</summary>
    public string? CertificateKey { get; init; }

    /// <summary>The key to send, as <c>mesh key create</c> prints it, or a token.</summary>
    public string? Key { get; init; }

    /// <summary>The address of a server given as HOST:PORT, once a connection to it has been opened.</summary>
    /// <exception cref="ConnectionException">It is not HOST:PORT, or there is no connection.</exception>
    /// <exception cref="InvalidPemException">A file cannot be used.</exception>
    public async Task<Uri> Reach(string server, TimeSpan timeout)
    {
        var address = _transport.Value.AddressOf(server) ?? throw new ConnectionException($"{server}: expected HOST:PORT");
        if (Key is not null && !_transport.Value.IsSecure && !address.IsLoopback)
        {
            throw new ConnectionException($"{server}: a key is sent only with TLS (--tls), or to this machine");
        }
        return await _transport.Value.WhyUnreachable(address, timeout) is { } reason
            ? throw new ConnectionException($"{server}: cannot connect: {reason}")
            : address;
    }

    /// <summary>A channel with connections of its own.</summary>
    public GrpcChannel Open(Uri address, SocketsHttpHandler? handler = null) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        MaxReceiveMessageSize = null,
        MaxSendMessageSize = null,
        HttpHandler = _transport.Value.Secure(handler ?? new SocketsHttpHandler { EnableMultipleHttp2Connections = true }),
        DisposeHttpClient = true,
    });

    /// <summary>Calls of a channel, with the key.</summary>
    public CallInvoker Calls(GrpcChannel channel) => Key is not { } key ? channel.CreateCallInvoker()
        // A new list: a caller may use its own for many calls. The key takes the place of one in it.
        : channel.Intercept(headers =>
            [.. headers.Where(h => !CallerHeaders.IsKey(h.Key)), new Metadata.Entry(CallerHeaders.Authorization, CallerHeaders.Bearer + key)]);

    private MeshTransport MakeTransport()
    {
        if (!Tls && Authority is null && Certificate is null)
        {
            return MeshTransport.Plain;
        }
        if (Certificate is null != CertificateKey is null)
        {
            throw new ConnectionException("a client's certificate needs its private key, and the key its certificate");
        }
        var authorities = Authority is null ? null : Pem.Certificates(Authority);
        X509Certificate2? own = Certificate is null ? null : Pem.Identity(Certificate, CertificateKey!).TargetCertificate;
        return MeshTransport.Tls(() => authorities, () => own);
    }
}
