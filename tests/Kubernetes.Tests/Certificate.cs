using k8s;
using k8s.Models;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>cert-manager's Certificate (cert-manager.io/v1) as far as the overlays use it: any other field is a fault.</summary>
public sealed class Certificate : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public CertificateSpec Spec { get; set; } = new();
}

public sealed class CertificateSpec
{
    /// <summary>The Secret that gets tls.crt, tls.key and ca.crt.</summary>
    public string SecretName { get; set; } = "";

    public IssuerReference IssuerRef { get; set; } = new();

    public string? CommonName { get; set; }

    public bool? IsCA { get; set; }

    public IList<string> DnsNames { get; set; } = [];

    public IList<string> IpAddresses { get; set; } = [];

    public IList<string> Usages { get; set; } = [];

    public CertificatePrivateKey? PrivateKey { get; set; }

    /// <summary>As Go writes it: "2160h".</summary>
    public string? Duration { get; set; }
}

public sealed class IssuerReference
{
    public string Kind { get; set; } = "";

    public string Name { get; set; } = "";
}

public sealed class CertificatePrivateKey
{
    public string Algorithm { get; set; } = "";

    public int Size { get; set; }

    public string Encoding { get; set; } = "";

    /// <summary>Whether a renewed certificate has a new key: Always or Never.</summary>
    public string RotationPolicy { get; set; } = "";
}

/// <summary>cert-manager's Issuer (cert-manager.io/v1) as far as the overlays use it: any other field is a fault.</summary>
public sealed class Issuer : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public IssuerSpec Spec { get; set; } = new();
}

/// <summary>One of the two.</summary>
public sealed class IssuerSpec
{
    public IDictionary<string, string>? SelfSigned { get; set; }

    public AuthoritySecret? Ca { get; set; }
}

public sealed class AuthoritySecret
{
    public string SecretName { get; set; } = "";
}
