using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MedMoE.Mesh.Wire.Transport;

/// <summary>A certificate and its private key, as PEM with a last line that ends, so that files can be put together.</summary>
public readonly record struct PemPair(string Certificate, string Key);

/// <summary>
/// An authority that lives as long as its process: its private key is never written. For <c>mesh up</c> and for tests; a cluster has its own
/// authority, such as cert-manager.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    private const int SerialBytes = 16;

    private readonly X509Certificate2 _certificate;

    /// <summary>Valid for ten years: whoever trusts it does so for the life of the process.</summary>
    public CertificateAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(CommonName(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = DateTimeOffset.UtcNow;
        _certificate = request.CreateSelfSigned(now.AddDays(-7), now.AddYears(10));
    }

    /// <summary>Its certificate, as in <see cref="PemPair"/>.</summary>
    public string Pem => $"{_certificate.ExportCertificatePem()}\n";

    /// <summary>A certificate for both sides of a connection, of a new P-256 key.</summary>
    /// <param name="name">Its common name.</param>
    /// <param name="names">DNS names and IP addresses of its owner.</param>
    /// <param name="from">Start of its validity; null for yesterday, because clocks differ.</param>
    /// <param name="to">End of its validity; null for a year.</param>
    public PemPair Issue(string name, IEnumerable<string> names, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(CommonName(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid(Trust.ServerAuthentication), new Oid(Trust.ClientAuthentication)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var other in names)
        {
            if (IPAddress.TryParse(other, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(other);
            }
        }
        request.CertificateExtensions.Add(alternatives.Build());
        var now = DateTimeOffset.UtcNow;
        using var issued = request.Create(_certificate, from ?? now.AddDays(-1), to ?? now.AddYears(1), RandomNumberGenerator.GetBytes(SerialBytes));
        return new PemPair($"{issued.ExportCertificatePem()}\n", $"{key.ExportPkcs8PrivateKeyPem()}\n");
    }

    public void Dispose() => _certificate.Dispose();

    private static X500DistinguishedName CommonName(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name);
        return builder.Build();
    }
}
