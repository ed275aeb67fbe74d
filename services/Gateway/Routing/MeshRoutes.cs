using System.Globalization;
using System.Net;
using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>Builds YARP's configuration: a cluster of replicas for each service, and the routes to it.</summary>
internal sealed class MeshRoutes(IOptions<GatewayOptions> options, MeshTransport transport)
{
    private const string ServiceName = "Service";
    private const string VersionName = "Version";
    private const string VersionWeight = "Weight";
    private const string VersionShadow = "Shadow";

    private static readonly TimeSpan _healthTimeout = TimeSpan.FromSeconds(1);

    private readonly ClusterConfig _cluster = new()
    {
        HttpRequest = new ForwarderRequestConfig
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            ActivityTimeout = options.Value.ActivityTimeout,
        },
        // Header values are forwarded byte for byte.
        HttpClient = new HttpClientConfig
        {
            EnableMultipleHttp2Connections = true,
            RequestHeaderEncoding = "latin1",
            ResponseHeaderEncoding = "latin1",
        },
        HealthCheck = new HealthCheckConfig
        {
            // With no healthy replica all are tried: a single one that is too busy to answer a probe still answers calls.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
            Active = new ActiveHealthCheckConfig
            {
                Enabled = true,
                Path = "/healthz",
                Interval = options.Value.HealthInterval,
                Timeout = _healthTimeout,
            },
            Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = ReachPolicy.PolicyName },
        },
    };

    public IReadOnlyList<MeshService> Services(EndpointOptions endpoints)
    {
        var named = endpoints.Services.Keys.Concat(endpoints.Candidates.SelectMany(candidate => candidate.Services.Keys));
        var experts = named.Select(name => MeshService.Find(name)?.Expert).OfType<string>()
            .Concat(options.Value.Experts.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.Ordinal);
        return [.. ServiceCatalog.Services(experts).Where(service => service.Kind.IsCalled)];
    }

    public IReadOnlyList<MeshService> ServicesOf(ServiceDescriptor contract, EndpointOptions endpoints) =>
        [.. Services(endpoints).Where(service =>
            service.Kind.Contracts.Contains(contract) || (contract == ModelService.Descriptor && service.Kind.RunsNetwork))];

    /// <summary>Whether several services implement <paramref name="contract"/>, so that <see cref="ServiceHeader"/> selects one.</summary>
    public static bool IsChosenByHeader(ServiceDescriptor contract) =>
        contract == ModelService.Descriptor || ServiceCatalog.All.Any(kind => kind.IsPerExpert && kind.Contracts.Contains(contract));

    /// <summary>The <see cref="MeshService.Name"/> of a cluster's service.</summary>
    public static string NameOf(IReadOnlyDictionary<string, string>? clusterMetadata) => clusterMetadata![ServiceName];

    /// <summary>The version of the model that a cluster belongs to.</summary>
    public static ServedVersion VersionOf(IReadOnlyDictionary<string, string>? clusterMetadata) => new(
        clusterMetadata![VersionName], double.Parse(clusterMetadata[VersionWeight], CultureInfo.InvariantCulture),
        bool.Parse(clusterMetadata[VersionShadow]));

    /// <exception cref="EndpointException">The endpoints cannot be used.</exception>
    public IReadOnlyList<ClusterConfig> Clusters(EndpointOptions endpoints)
    {
        CandidateOptions.Require(endpoints);
        return
        [
            .. Services(endpoints).Select(service =>
                Cluster(service, service.ToString(), endpoints.AddressOf(service), new ServedVersion(endpoints.Version, Weight: 0, IsShadow: false))),
            .. from candidate in endpoints.Candidates
               from name in candidate.Services.Keys.Order(StringComparer.Ordinal)
               let service = MeshService.Find(name)!
               select Cluster(
                   service, $"{service} of {candidate.Version}", candidate.AddressOf(service)!,
                   new ServedVersion(candidate.Version, candidate.Weight, candidate.Shadow)),
        ];
    }

    public IReadOnlyList<RouteConfig> Routes(EndpointOptions endpoints) =>
    [
        .. ServiceCatalog.Contracts.SelectMany(contract => ServicesOf(contract, endpoints).Select(service =>
            Route(contract, service, IsChosenByHeader(contract) ? ServiceHeader.ValueOf(service) : null))),
    ];

    // The cluster's id appears in errors and logs, so it is the service's display name.
    private ClusterConfig Cluster(MeshService service, string id, EndpointAddress address, ServedVersion version) => _cluster with
    {
        ClusterId = id,
        Destinations = ReplicaResolver.Destinations(address, transport.Scheme),
        Metadata = new Dictionary<string, string>
        {
            [ServiceName] = service.Name,
            [VersionName] = version.Name,
            [VersionWeight] = version.Weight.ToString(CultureInfo.InvariantCulture),
            [VersionShadow] = version.IsShadow.ToString(),
        },
    };

    private static RouteConfig Route(ServiceDescriptor contract, MeshService service, string? header) => new()
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
