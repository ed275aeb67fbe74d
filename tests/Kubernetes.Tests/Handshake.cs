using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>New TLS connections to a port of this machine.</summary>
internal static class Handshake
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <summary>The serial number of the certificate that a server shows.</summary>
    /// <param name="port">Its port.</param>
    /// <param name="identity">What the client shows; null for nothing.</param>
    public static async Task<string> Shown(int port, SslStreamCertificateContext? identity = null)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(socket.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            ClientCertificateContext = identity,
        };
        await stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
        return stream.RemoteCertificate!.GetSerialNumberString();
    }

    public static string SerialOf(IReadOnlyDictionary<string, byte[]> secret)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(secret["tls.crt"]);
        return certificate.GetSerialNumberString();
    }

    /// <summary>Asks until the answer is yes.</summary>
    public static async Task Until(string what, Func<Task<bool>> isSo)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !await isSo(); await Task.Yield())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < _patience, $"waited {_patience} for {what}");
        }
    }
}
