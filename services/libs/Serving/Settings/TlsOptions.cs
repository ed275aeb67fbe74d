namespace MedMoE.Mesh.Serving.Settings;

/// <summary>
/// PEM files of TLS, section "Tls". They are read again within a second after they change, without a lost call. Without them nothing is encrypted.
/// </summary>
public sealed record TlsOptions
{
    public const string Section = "Tls";

    /// <summary>
    /// Certificate of the service, followed by its intermediate ones; it shows it to its callers, and to the services that it calls. Its DNS names
    /// include the service's name, as "expert-ct". Default: none.
    /// </summary>
    public string? Certificate { get; init; }

    /// <summary>Private key of the certificate, without a password.</summary>
    public string? Key { get; init; }

    /// <summary>The mesh's authority. Services of the mesh accept only each other, by a certificate that it signed.</summary>
    public string? Authority { get; init; }

    /// <summary>Gateway: the certificate that clients see, where it is not <see cref="Certificate"/>, for example of a public authority.</summary>
    public string? PublicCertificate { get; init; }

    /// <summary>Gateway: private key of the public certificate.</summary>
    public string? PublicKey { get; init; }

    /// <summary>Gateway: authority of clients' certificates. Clients may then show one. Default: none are asked for.</summary>
    public string? ClientAuthority { get; init; }
}
