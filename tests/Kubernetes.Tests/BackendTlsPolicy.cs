using k8s;
using k8s.Models;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Gateway API's BackendTLSPolicy (gateway.networking.k8s.io/v1) as far as the page uses it: any other field is a fault.</summary>
public sealed class BackendTlsPolicy : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public BackendTlsPolicySpec Spec { get; set; } = new();
}

public sealed class BackendTlsPolicySpec
{
    public IList<PolicyReference> TargetRefs { get; set; } = [];

    public BackendTlsValidation Validation { get; set; } = new();
}

/// <summary>An object of the policy's own namespace.</summary>
public sealed class PolicyReference
{
    public string Group { get; set; } = "-";

    public string Kind { get; set; } = "";

    public string Name { get; set; } = "";
}

public sealed class BackendTlsValidation
{
    /// <summary>The name that the backend's certificate must have.</summary>
    public string Hostname { get; set; } = "";

    /// <summary>Maps with the authorities in ca.crt.</summary>
    public IList<PolicyReference> CaCertificateRefs { get; set; } = [];
}
