using System.Text;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Serving.Tls;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Local.Security;

/// <summary>
/// The certificates of one run of <c>mesh up --tls</c>, in its folder, which only its user can read. The authority's private key is never written, so
/// nobody can add a service later.
/// </summary>
internal sealed class RunCertificates : IDisposable
{
    private readonly CertificateAuthority _authority;
    private readonly string _folder;

    private RunCertificates(CertificateAuthority authority, string folder, string? publicCertificate)
    {
        (_authority, _folder) = (authority, folder);
        File.WriteAllText(Authority, authority.Pem);
        var trusted = Pem.Certificates(Authority);
        var (certificate, key) = Issue(TlsFiles.Operator);
        var own = Pem.Identity(certificate, key).TargetCertificate;
        ToServices = MeshTransport.Tls(() => trusted, () => own);
        ToGateway = MeshTransport.Tls(
            () => trusted, () => null, () => publicCertificate is null ? null : Pem.Certificates(publicCertificate).FirstOrDefault());
        IsPublic = publicCertificate is not null;
    }

    /// <summary>The file that clients trust.</summary>
    public string Authority => Path.Combine(_folder, "authority.pem");

    /// <summary>Whether clients see a certificate of another authority.</summary>
    public bool IsPublic { get; }

    /// <summary>How this process calls the services behind the gateway: with a certificate.</summary>
    public MeshTransport ToServices { get; }

    /// <summary>How it calls the gateway: without one, because the gateway may have another authority for certificates of clients.</summary>
    public MeshTransport ToGateway { get; }

    /// <param name="folder">Created here; nobody else may read it.</param>
    /// <param name="publicCertificate">The file of the gateway's certificate for clients, if it is not of the run.</param>
    public static RunCertificates Make(string folder, string? publicCertificate)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new RunCertificates(new CertificateAuthority("MedMoE.Mesh, mesh up"), folder, publicCertificate);
    }

    /// <summary>Issues the certificate of a service if it has none yet, and returns its settings.</summary>
    public IEnumerable<string> SettingsOf(string service)
    {
        var (certificate, key) = Issue(service);
        return
        [
            $"--{TlsOptions.Section}:{nameof(TlsOptions.Certificate)}={certificate}", $"--{TlsOptions.Section}:{nameof(TlsOptions.Key)}={key}",
            $"--{TlsOptions.Section}:{nameof(TlsOptions.Authority)}={Authority}",
        ];
    }

    public void Dispose() => _authority.Dispose();

    private (string Certificate, string Key) Issue(string name)
    {
        var (certificate, key) = (Path.Combine(_folder, $"{name}.pem"), Path.Combine(_folder, $"{name}.key"));
        if (File.Exists(key))
        {
            // Of another version of the model.
            return (certificate, key);
        }
        var pair = _authority.Issue(name, [name, "localhost", "127.0.0.1", "::1"]);
        File.WriteAllText(certificate, pair.Certificate);
        using (var file = new FileStream(key, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(Encoding.ASCII.GetBytes(pair.Key));
        }
        return (certificate, key);
    }
}
