using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MedMoE.Mesh.Serving.Reloading;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace MedMoE.Mesh.Serving.Tls;

/// <summary>What a service shows to its peers and which peers it accepts, from the files of <see cref="TlsOptions"/>.</summary>
public sealed class TlsFiles
{
    /// <summary>Names of the services that call others, and of the tool that watches them (<c>mesh up</c>). An expert calls nobody.</summary>
    private static readonly string[] _callers = [ServiceCatalog.Gateway.Name, ServiceCatalog.Router.Name, Operator];

    /// <summary>Only suites with forward secrecy and authenticated encryption (RFC 9325, 4.2).</summary>
    private static readonly CipherSuitesPolicy? _suites = OperatingSystem.IsLinux() ? new CipherSuitesPolicy(
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]) : null;

    private readonly ReloadedFile<SslStreamCertificateContext>? _own;
    private readonly ReloadedFile<SslStreamCertificateContext>? _public;
    private readonly ReloadedFile<X509Certificate2Collection>? _authority;
    private readonly ReloadedFile<X509Certificate2Collection>? _clients;

    /// <exception cref="InvalidSettingException">A file is named without those that belong to it.</exception>
    /// <exception cref="InvalidPemException">A file cannot be used.</exception>
    public TlsFiles(TlsOptions options)
    {
        RequireTogether((nameof(options.Certificate), options.Certificate), (nameof(options.Key), options.Key),
            (nameof(options.Authority), options.Authority));
        RequireTogether((nameof(options.PublicCertificate), options.PublicCertificate), (nameof(options.PublicKey), options.PublicKey));
        _own = Identity(options.Certificate, options.Key);
        _public = Identity(options.PublicCertificate, options.PublicKey) ?? _own;
        _authority = Authorities(options.Authority);
        _clients = Authorities(options.ClientAuthority);
        if (_clients is not null && _public is null)
        {
            throw new InvalidSettingException(
                $"{TlsOptions.Section}:{nameof(options.ClientAuthority)}",
                $"needs {nameof(options.PublicCertificate)} or {nameof(options.Certificate)}");
        }
        Transport = _own is null ? MeshTransport.Plain : MeshTransport.Tls(() => _authority!.Value, () => _own.Value.TargetCertificate);
        Files = [.. new IReloaded?[] { _own, _public == _own ? null : _public, _authority, _clients }.OfType<IReloaded>()];
    }

    /// <summary>A name that the certificate of <c>mesh up</c> has.</summary>
    public static string Operator => "operator";

    /// <summary>How this service calls others.</summary>
    public MeshTransport Transport { get; }

    public IReadOnlyList<IReloaded> Files { get; }

    /// <summary>For the port that services of the mesh call; null without TLS.</summary>
    public TlsHandshakeCallbackOptions? ForMesh => Accept(_own, (certificate, chain) =>
        Trust.IsClient(certificate, chain, _authority!.Value) && _callers.Any(name => ((X509Certificate2)certificate!).MatchesHostname(name)));

    /// <summary>For the port that clients call; null without TLS.</summary>
    public TlsHandshakeCallbackOptions? ForClients => Accept(_public, Clients);

    /// <summary>For the port of health and metrics; null without TLS.</summary>
    public TlsHandshakeCallbackOptions? ForProbes => Accept(_own ?? _public, null);

    /// <summary>
    /// For the port that clients and those who watch the mesh call. These ask for an address, or for a name of the mesh's certificate, and see it;
    /// who asks for another name is a client. Null without TLS.
    /// </summary>
    public TlsHandshakeCallbackOptions? ForClientsAndProbes => Accept(
        _own ?? _public, Clients, name => name.Length > 0 && _own?.Value.TargetCertificate.MatchesHostname(name) == false ? _public : null);

    private Func<X509Certificate?, X509Chain?, bool>? Clients => _clients is null ? null : (certificate, chain) =>
        certificate is null || Trust.IsClient(certificate, chain, _clients.Value);

    private static TlsHandshakeCallbackOptions? Accept(
        ReloadedFile<SslStreamCertificateContext>? identity, Func<X509Certificate?, X509Chain?, bool>? accepts,
        Func<string, ReloadedFile<SslStreamCertificateContext>?>? other = null) =>
        identity is null ? null : new()
        {
            OnConnection = connection => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = (other?.Invoke(connection.ClientHelloInfo.ServerName) ?? identity).Value,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CipherSuitesPolicy = _suites,
                AllowRenegotiation = false,
                // A resumed session would not check the certificate again.
                AllowTlsResume = accepts is null,
                // Asked for; whether a caller without one is accepted says the callback.
                ClientCertificateRequired = accepts is not null,
                RemoteCertificateValidationCallback = accepts is null ? null : (_, certificate, chain, _) => accepts(certificate, chain),
            }),
        };

    private static ReloadedFile<SslStreamCertificateContext>? Identity(string? certificate, string? key) =>
        certificate is null ? null : new([certificate, key!], () => Pem.Identity(certificate, key!));

    private static ReloadedFile<X509Certificate2Collection>? Authorities(string? path) =>
        path is null ? null : new([path], () => Pem.Certificates(path));

    private static void RequireTogether(params (string Name, string? Value)[] settings)
    {
        if (settings.FirstOrDefault(s => s.Value is not null).Name is { } given && settings.FirstOrDefault(s => s.Value is null).Name is { } missing)
        {
            throw new InvalidSettingException($"{TlsOptions.Section}:{missing} is missing; {given} needs it");
        }
    }
}
