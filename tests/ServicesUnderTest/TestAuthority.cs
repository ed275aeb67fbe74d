using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>An authority with its files in a folder of its own.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly CertificateAuthority _authority;
    private readonly TemporaryFolder _folder = new();

    public TestAuthority(string name = "test authority")
    {
        _authority = new CertificateAuthority(name);
        File.WriteAllText(Path, _authority.Pem);
    }

    /// <summary>The file of its certificate.</summary>
    public string Path => _folder["authority.pem"];

    /// <summary>Writes a certificate and its key, over those of the same name.</summary>
    public (string Certificate, string Key) Write(string name, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        var pair = _authority.Issue(name, [name, "localhost", "127.0.0.1"], from, to);
        var (certificate, key) = (_folder[$"{name}.pem"], _folder[$"{name}.key"]);
        File.WriteAllText(certificate, pair.Certificate);
        File.WriteAllText(key, pair.Key);
        return (certificate, key);
    }

    /// <summary>The settings of a service of the mesh.</summary>
    public string[] SettingsOf(string name)
    {
        var (certificate, key) = Write(name);
        return [$"--Tls:Certificate={certificate}", $"--Tls:Key={key}", $"--Tls:Authority={Path}"];
    }

    /// <summary>Calls servers of this authority by the name, as a client that shows a certificate, or none.</summary>
    public GrpcChannel Open(Uri address, string server, (string Certificate, string Key)? identity = null)
    {
        var authorities = Pem.Certificates(Path);
        X509Certificate2? own = identity is var (certificate, key) ? Pem.Identity(certificate, key).TargetCertificate : null;
        var transport = MeshTransport.Tls(() => authorities, () => own);
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = transport.Secure(new SocketsHttpHandler(), server) });
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }
}
