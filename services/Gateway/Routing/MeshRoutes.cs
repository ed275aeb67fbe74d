using System.Net;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.V1;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>Which call goes where: a cluster of replicas for each service, and the routes to it.</summary>
internal sealed class MeshRoutes(IOptions<GatewayOptions> options)
{
    private static readonly TimeSpan _healthTimeout = TimeSpan.FromSeconds(1);

    private readonly ClusterConfig _cluster = new()
    {
        LoadBalancingPolicy = LoadBalancingPolicies.RoundRobin,
        HttpRequest = new ForwarderRequestConfig
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            ActivityTimeout = options.Value.ActivityTimeout,
        },
        // Values of headers pass as the bytes they are, whatever they mean.
        HttpClient = new HttpClientConfig
        {
            EnableMultipleHttp2Connections = true,
            RequestHeaderEncoding = "latin1",
            ResponseHeaderEncoding = "latin1",
        },
        HealthCheck = new HealthCheckConfig
        {
            // Where no replica is well, all are tried: a lone one that is too busy to answer a probe still answers calls.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
            Active = new ActiveHealthCheckConfig { Enabled = true, Path = "/healthz", Interval = options.Value.HealthInterval, Timeout = _healthTimeout },
            Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = ReachPolicy.PolicyName },
        },
    };

    /// <summary>The experts, each once.</summary>
    public IReadOnlyList<MeshService> Experts(EndpointOptions endpoints) =>
    [
        .. endpoints.Experts.Keys
            .Concat(options.Value.Experts.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.Ordinal)
            .Select(MeshService.ExpertNamed),
    ];

    /// <summary>Those that a call to <paramref name="contract"/> chooses from with <see cref="ServiceHeader"/>.</summary>
    public IReadOnlyList<MeshService> ChosenByHeader(ServiceDescriptor contract, EndpointOptions endpoints) =>
        contract == ModelService.Descriptor ? [MeshService.Backbone, MeshService.TextEncoder, .. Experts(endpoints)] : Experts(endpoints);

    /// <summary>Those that answer calls to <paramref name="contract"/>.</summary>
    public IReadOnlyList<MeshService> ServicesOf(ServiceDescriptor contract, EndpointOptions endpoints) =>
        contract == RouterService.Descriptor ? [MeshService.Router]
        : contract == BackboneService.Descriptor ? [MeshService.Backbone]
        : contract == TextEncoderService.Descriptor ? [MeshService.TextEncoder]
        : ChosenByHeader(contract, endpoints);

    /// <exception cref="EndpointException">An endpoint cannot be read.</exception>
    public IReadOnlyList<ClusterConfig> Clusters(EndpointOptions endpoints) =>
        [.. new[] { MeshService.Router, MeshService.Backbone, MeshService.TextEncoder }.Concat(Experts(endpoints)).Select(service => Cluster(service, endpoints))];

    public IReadOnlyList<RouteConfig> Routes(EndpointOptions endpoints) =>
    [
        Route(RouterService.Descriptor, MeshService.Router),
        Route(BackboneService.Descriptor, MeshService.Backbone),
        Route(TextEncoderService.Descriptor, MeshService.TextEncoder),
        .. new[] { ExpertService.Descriptor, ModelService.Descriptor }.SelectMany(contract =>
            ChosenByHeader(contract, endpoints).Select(service => Route(contract, service, ServiceHeader.ValueOf(service)))),
    ];

    // A cluster bears the name that people know the service by: errors and logs say it.
    private ClusterConfig Cluster(MeshService service, EndpointOptions endpoints) => _cluster with
    {
        ClusterId = service.ToString(),
        Destinations = ReplicaResolver.Destinations(endpoints.AddressOf(service)),
    };

    private static RouteConfig Route(ServiceDescriptor contract, MeshService service, string? header = null) => new()
    {
        RouteId = $"{contract.FullName} of {service}",
        ClusterId = service.ToString(),
        Match = new RouteMatch
        {
            Path = $"/{contract.FullName}/{{**method}}",
            Headers = header is null ? null : [new RouteHeader { Name = ServiceHeader.Name, Values = [header], Mode = HeaderMatchMode.ExactHeader }],
        },
    };
}
