using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Grpc.Core;

namespace MedMoE.Mesh.Wire.Transport;

/// <summary>How clients and services of the mesh connect to each other: HTTP/2, with or without TLS. Every client takes it from here.</summary>
public sealed partial class MeshTransport
{
    private readonly Func<string?, SslClientAuthenticationOptions>? _tls;

    private MeshTransport(Func<string?, SslClientAuthenticationOptions>? tls) => _tls = tls;

    /// <summary>Without TLS.</summary>
    public static MeshTransport Plain { get; } = new(null);

    public bool IsSecure => _tls is not null;

    public string Scheme => IsSecure ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;

    /// <summary>Of a channel whose address has another scheme than <see cref="Scheme"/>: a resolver's.</summary>
    public ChannelCredentials Credentials => IsSecure ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure;

    /// <summary>TLS towards peers that one of the authorities signed.</summary>
    /// <param name="authorities">Read at every handshake; null from it trusts those of the system.</param>
    /// <param name="identity">Read at every handshake: the certificate to show, or null for none.</param>
    /// <param name="pinned">Read at every handshake: a certificate that is trusted, whatever its name and authority.</param>
    public static MeshTransport Tls(
        Func<X509Certificate2Collection?> authorities, Func<X509Certificate2?> identity, Func<X509Certificate2?>? pinned = null) =>
        new(peer => new()
        {
            // A certificate is checked by the peer's name, because a replica is called by its address. With null the name is that of the address.
            RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
                IsSame(certificate, pinned?.Invoke()) || (authorities() is { } trusted
                    ? Trust.IsServer(certificate, chain, trusted, peer ?? (sender as SslStream)?.TargetHostName ?? "")
                    : errors == SslPolicyErrors.None),
            LocalCertificateSelectionCallback = (_, _, _, _, _) => identity()!,
        });

    /// <summary>Makes a handler use this transport.</summary>
    /// <param name="handler">Not used yet.</param>
    /// <param name="peer">The name that the peer's certificate must have; null for that of the address.</param>
    public SocketsHttpHandler Secure(SocketsHttpHandler handler, string? peer = null)
    {
        if (_tls is not null)
        {
            handler.SslOptions = _tls(peer);
        }
        return handler;
    }

    /// <summary>
    /// How this transport checks a server that is no service of the mesh, but may have a certificate of its authority, and what it shows to it; null
    /// without TLS.
    /// </summary>
    public SslClientAuthenticationOptions? ToOthers => _tls?.Invoke(null);

    /// <summary>The address of a server given as HOST:PORT, or null where the text is not that.</summary>
    public Uri? AddressOf(string hostAndPort) =>
        Port().IsMatch(hostAndPort) && Uri.TryCreate($"{Scheme}://{hostAndPort}", UriKind.Absolute, out var address)
        && address is { PathAndQuery: "/", UserInfo: "" } ? address : null;

    /// <summary>Why no connection to an address can be opened, or null: gRPC's own message does not tell.</summary>
    public async Task<string?> WhyUnreachable(Uri address, TimeSpan timeout)
    {
        using var cancellation = new CancellationTokenSource(timeout);
        var hasShown = false;
        try
        {
            using var probe = new TcpClient();
            await probe.ConnectAsync(address.DnsSafeHost, address.Port, cancellation.Token);
            if (_tls is not null)
            {
                await using var secure = new SslStream(probe.GetStream());
                var options = _tls(null);
                (options.TargetHost, options.ApplicationProtocols) = (address.DnsSafeHost, [SslApplicationProtocol.Http2]);
                var check = options.RemoteCertificateValidationCallback;
                options.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
                {
                    hasShown = true;
                    return check?.Invoke(sender, certificate, chain, errors) ?? errors == SslPolicyErrors.None;
                };
                await secure.AuthenticateAsClientAsync(options, cancellation.Token);
            }
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
        catch (AuthenticationException e)
        {
            return $"TLS: {WhyRefused(e, hasShown)}";
        }
        catch (IOException e)
        {
            return e.InnerException is SocketException ? "TLS: it ends the connection at the handshake: it may not have TLS at this port"
                : $"TLS: {e.Message}";
        }
        catch (OperationCanceledException)
        {
            return $"timeout after {timeout.TotalSeconds} s";
        }
    }

    /// <summary>OpenSSL's own words are in the innermost exception; .NET's are only SSL_ERROR_SSL.</summary>
    private static string WhyRefused(AuthenticationException e, bool hasShown) => e.GetBaseException().Message switch
    {
        // It was our own check, or the answer was not TLS.
        _ when e.InnerException is null =>
            hasShown ? "its certificate is not one of a trusted authority for this address" : "it does not answer in TLS",
        var told when told.Contains("alert no application protocol", StringComparison.Ordinal) => "it has no HTTP/2 at this port, which gRPC needs",
        var told when told.Contains("alert", StringComparison.Ordinal) =>
            "it refuses the handshake: it may want a client's certificate, or another version of TLS",
        var told => told,
    };

    /// <summary>Byte by byte: <see cref="X509Certificate.Equals(X509Certificate)"/> compares names and numbers that anybody can write.</summary>
    private static bool IsSame(X509Certificate? certificate, X509Certificate2? expected) =>
        certificate is not null && expected is not null && expected.RawDataMemory.Span.SequenceEqual(certificate.GetRawCertData());

    [GeneratedRegex(@":\d+$")]
    private static partial Regex Port();
}
