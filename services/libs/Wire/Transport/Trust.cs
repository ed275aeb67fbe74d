using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MedMoE.Mesh.Wire.Transport;

/// <summary>
/// Checks the certificate of a peer. There is no revocation list: certificates of a mesh are short-lived and replaced while it runs.
/// </summary>
public static class Trust
{
    // RFC 5280, 4.2.1.12.
    internal const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    internal const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Whether one of the authorities signed the certificate of a server, which is valid now and has this DNS name or address.</summary>
    public static bool IsServer(X509Certificate? certificate, X509Chain? sent, X509Certificate2Collection authorities, string name) =>
        IsSigned(certificate, sent, authorities, ServerAuthentication) && ((X509Certificate2)certificate!).MatchesHostname(name);

    /// <summary>Whether one of the authorities signed the certificate of a client, which is valid now.</summary>
    public static bool IsClient(X509Certificate? certificate, X509Chain? sent, X509Certificate2Collection authorities) =>
        IsSigned(certificate, sent, authorities, ClientAuthentication);

    private static bool IsSigned(X509Certificate? certificate, X509Chain? sent, X509Certificate2Collection authorities, string purpose)
    {
        if (certificate is not X509Certificate2 peer)
        {
            return false;
        }
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                ApplicationPolicy = { new Oid(purpose) },
            },
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        // The intermediate certificates that the peer sent.
        chain.ChainPolicy.ExtraStore.AddRange(sent?.ChainPolicy.ExtraStore ?? []);
        try
        {
            return chain.Build(peer);
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }
}
