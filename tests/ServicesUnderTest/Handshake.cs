using System.Net.Security;
using System.Net.Sockets;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>A new TLS connection.</summary>
public static class Handshake
{
    /// <summary>The serial number of the certificate that a server shows.</summary>
    /// <param name="server">Its address.</param>
    /// <param name="identity">What the client shows; null for nothing.</param>
    public static async Task<string> Shown(Uri server, SslStreamCertificateContext? identity = null)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(socket.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = server.Host,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            ClientCertificateContext = identity,
        };
        await stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
        return stream.RemoteCertificate!.GetSerialNumberString();
    }
}
