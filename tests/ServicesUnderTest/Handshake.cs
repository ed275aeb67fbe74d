using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>A new TLS connection.</summary>
public static class Handshake
{
    /// <summary>The serial number of the certificate that a server shows.</summary>
    /// <param name="server">Its address.</param>
    /// <param name="identity">What the client shows; null for nothing.</param>
    public static async Task<string> Shown(Uri server, SslStreamCertificateContext? identity = null)
    {
        using var certificate = await Certificate(server, server.Host, identity);
        return certificate.GetSerialNumberString();
    }

    /// <summary>The certificate that a server shows to a client that asks for a name.</summary>
    /// <inheritdoc cref="Shown"/>
    public static async Task<X509Certificate> Certificate(Uri server, string name, SslStreamCertificateContext? identity = null)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(socket.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            ClientCertificateContext = identity,
        };
        await stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
        // Its own ends with the connection.
        return X509CertificateLoader.LoadCertificate(stream.RemoteCertificate!.Export(X509ContentType.Cert));
    }
}
