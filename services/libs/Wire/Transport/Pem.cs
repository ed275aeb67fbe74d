using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MedMoE.Mesh.Wire.Transport;

/// <summary>Reads PEM files (RFC 7468): what a side of a TLS connection shows, and the authorities that it trusts.</summary>
public static class Pem
{
    private const string BeginsCertificate = "-----BEGIN CERTIFICATE-----";
    private const string PrivateKey = "PRIVATE KEY";

    /// <summary>A certificate, the intermediate ones after it in its file, and the private key, which may stand in the same file.</summary>
    /// <exception cref="InvalidPemException">A file cannot be read, or the key is that of another certificate.</exception>
    public static SslStreamCertificateContext Identity(string certificate, string key)
    {
        var chain = Certificates(certificate);
        var text = Text(key);
        if (!text.Contains(PrivateKey, StringComparison.Ordinal))
        {
            throw new InvalidPemException(key, "no private key in it");
        }
        try
        {
            var own = X509Certificate2.CreateFromPem(Text(certificate), text);
            return SslStreamCertificateContext.Create(own, [.. chain.Skip(1)], offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // .NET's message does not tell an encrypted key from that of another certificate.
            throw new InvalidPemException(key, text.Contains($"ENCRYPTED {PrivateKey}", StringComparison.Ordinal)
                ? "the private key is encrypted; a service needs one without a password" : $"not the private key of {certificate}");
        }
    }

    /// <summary>Certificates of authorities.</summary>
    /// <exception cref="InvalidPemException">The file cannot be read, or has no certificate.</exception>
    public static X509Certificate2Collection Certificates(string path)
    {
        var (text, certificates) = (Text(path), new X509Certificate2Collection());
        try
        {
            certificates.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            throw new InvalidPemException(path, "a certificate in it cannot be read");
        }
        var begun = text.AsSpan().Count(BeginsCertificate);
        return begun == 0 ? throw new InvalidPemException(path, "no certificate in it (PEM)")
            // .NET skips what it cannot read: files put together without a line's end between them.
            : certificates.Count < begun ? throw new InvalidPemException(
                path, $"{begun - certificates.Count} of {begun} certificates in it cannot be read; BEGIN and END must be on lines of their own")
            : certificates;
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidPemException(path, e is FileNotFoundException or DirectoryNotFoundException ? "no such file"
                : Directory.Exists(path) ? "is a folder, not a file" : "cannot be read: permission denied");
        }
    }
}
