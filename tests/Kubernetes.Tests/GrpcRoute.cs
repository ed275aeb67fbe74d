using k8s;
using k8s.Models;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Gateway API's GRPCRoute (gateway.networking.k8s.io/v1) as far as the page uses it: any other field is a fault.</summary>
public sealed class GrpcRoute : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public GrpcRouteSpec Spec { get; set; } = new();
}

public sealed class GrpcRouteSpec
{
    public IList<RouteReference> ParentRefs { get; set; } = [];

    public IList<string> Hostnames { get; set; } = [];

    public IList<GrpcRouteRule> Rules { get; set; } = [];
}

public sealed class GrpcRouteRule
{
    public IList<RouteReference> BackendRefs { get; set; } = [];
}

/// <summary>A Gateway, or a Service and its port.</summary>
public sealed class RouteReference
{
    public string Name { get; set; } = "";

    public string? Namespace { get; set; }

    public int? Port { get; set; }
}
