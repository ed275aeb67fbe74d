using System.Security.Cryptography.X509Certificates;
using System.Text;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>
/// A folder as the kubelet mounts a Secret or a ConfigMap: each file is a link into "..data", which is a link to a folder of its own for each state.
/// A changed Secret is a new folder, to which "..data" is moved in one step.
/// </summary>
internal sealed class MountedSecret
{
    private readonly string _folder;
    private string? _state;
    private int _states;

    private MountedSecret(string folder) => _folder = folder;

    /// <param name="folder">Where it is mounted.</param>
    /// <param name="files">Their content, by name.</param>
    public static async Task<MountedSecret> Mount(string folder, IReadOnlyDictionary<string, byte[]> files)
    {
        var secret = new MountedSecret(Directory.CreateDirectory(folder).FullName);
        await secret.Exchange(files);
        foreach (var name in files.Keys)
        {
            File.CreateSymbolicLink(Path.Combine(folder, name), Path.Combine("..data", name));
        }
        return secret;
    }

    /// <summary>What cert-manager writes for a Certificate.</summary>
    public static Dictionary<string, byte[]> Issue(CertificateAuthority authority, CertificateSpec certificate)
    {
        var pair = authority.Issue(certificate.DnsNames[0], [.. certificate.DnsNames, .. certificate.IpAddresses]);
        return new()
        {
            ["tls.crt"] = Encoding.ASCII.GetBytes(pair.Certificate),
            ["tls.key"] = Encoding.ASCII.GetBytes(pair.Key),
            ["ca.crt"] = Encoding.ASCII.GetBytes(authority.Pem),
        };
    }

    /// <summary>Another state, with the same names.</summary>
    public async Task Exchange(IReadOnlyDictionary<string, byte[]> files)
    {
        var (data, fresh, state) = (Path.Combine(_folder, "..data"), Path.Combine(_folder, "..data_tmp"), $"..2026_01_01_08_00_00.{_states++}");
        Directory.CreateDirectory(Path.Combine(_folder, state));
        foreach (var (name, content) in files)
        {
            File.WriteAllBytes(Path.Combine(_folder, state, name), content);
        }
        File.CreateSymbolicLink(fresh, state);
        // One rename, as the kubelet's: nobody sees the folder without its files.
        Assert.True(await Tool.Succeeds(_folder, ["mv", "-fT", fresh, data]));
        if (_state is not null)
        {
            Directory.Delete(Path.Combine(_folder, _state), recursive: true);
        }
        _state = state;
    }

    /// <summary>The serial number of the certificate in a Secret.</summary>
    public static string SerialOf(IReadOnlyDictionary<string, byte[]> secret)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(secret["tls.crt"]);
        return certificate.GetSerialNumberString();
    }
}
