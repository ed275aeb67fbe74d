using k8s;
using k8s.Models;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>The Prometheus Operator's PodMonitor as far as the options use it (its API reference): any other field is a fault.</summary>
public sealed class PodMonitor : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public PodMonitorSpec Spec { get; set; } = new();
}

public sealed class PodMonitorSpec
{
    public V1LabelSelector Selector { get; set; } = new();

    /// <summary>Labels of the pod that its metrics get.</summary>
    public IList<string> PodTargetLabels { get; set; } = [];

    public IList<PodMetricsEndpoint> PodMetricsEndpoints { get; set; } = [];
}

public sealed class PodMetricsEndpoint
{
    /// <summary>The name of a container's port.</summary>
    public string Port { get; set; } = "";

    public string Path { get; set; } = "";

    public string Interval { get; set; } = "";

    public string? Scheme { get; set; }

    public PodMetricsTls? TlsConfig { get; set; }
}

public sealed class PodMetricsTls
{
    /// <summary>The name that every pod's certificate must have.</summary>
    public string ServerName { get; set; } = "";

    public PodMetricsAuthority Ca { get; set; } = new();
}

public sealed class PodMetricsAuthority
{
    public V1SecretKeySelector Secret { get; set; } = new();
}
