using k8s;
using k8s.Models;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>KEDA's ScaledObject as far as the overlays use it (KEDA 2, "ScaledObject specification"): any other field is a fault.</summary>
public sealed class ScaledObject : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public ScaledObjectSpec Spec { get; set; } = new();
}

public sealed class ScaledObjectSpec
{
    public ScaleTarget ScaleTargetRef { get; set; } = new();

    /// <summary>Seconds.</summary>
    public int PollingInterval { get; set; }

    /// <summary>Seconds without a trigger before the last replica is removed.</summary>
    public int CooldownPeriod { get; set; }

    public int MinReplicaCount { get; set; }

    public int MaxReplicaCount { get; set; }

    public AdvancedSettings Advanced { get; set; } = new();

    public IList<Trigger> Triggers { get; set; } = [];
}

public sealed class ScaleTarget
{
    public string Name { get; set; } = "";
}

public sealed class AdvancedSettings
{
    public AutoscalerSettings HorizontalPodAutoscalerConfig { get; set; } = new();
}

public sealed class AutoscalerSettings
{
    public V2HorizontalPodAutoscalerBehavior Behavior { get; set; } = new();
}

public sealed class Trigger
{
    public string Type { get; set; } = "";

    public PrometheusTrigger Metadata { get; set; } = new();
}

/// <summary>KEDA's scaler "prometheus"; its numbers are strings.</summary>
public sealed class PrometheusTrigger
{
    public string ServerAddress { get; set; } = "";

    public string Query { get; set; } = "";

    public string Threshold { get; set; } = "";
}
