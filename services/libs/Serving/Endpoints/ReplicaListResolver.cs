using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>Resolves a service to the replicas that the settings list, and again when they change.</summary>
internal sealed class ReplicaListResolver : PollingResolver
{
    private readonly IOptionsMonitor<EndpointOptions> _endpoints;
    private readonly MeshService _service;
    private IDisposable? _changes;

    public ReplicaListResolver(IOptionsMonitor<EndpointOptions> endpoints, MeshService service, ILoggerFactory loggers)
        : base(loggers)
    {
        (_endpoints, _service) = (endpoints, service);
    }

    protected override void OnStarted() => _changes = _endpoints.OnChange(_ => Refresh());

    protected override Task ResolveAsync(CancellationToken cancellationToken)
    {
        var replicas = _endpoints.CurrentValue.AddressOf(_service).Hosts;
        // An empty list is told, too: calls then fail at once instead of going where nobody is.
        Listener(ResolverResult.ForResult([.. replicas.Select(r => new BalancerAddress(r.Host, r.Port))]));
        return Task.CompletedTask;
    }

    protected override void Dispose(bool disposing)
    {
        _changes?.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Makes resolvers of addresses that name a service: <c>mesh:///backbone</c>, <c>mesh:///expert/ct</c>.</summary>
internal sealed class ReplicaListResolverFactory(IOptionsMonitor<EndpointOptions> endpoints) : ResolverFactory
{
    public override string Name => "mesh";

    public static string AddressOf(MeshService service) => $"mesh:///{service.Kind}/{service.Expert}";

    public override Resolver Create(ResolverOptions options)
    {
        var parts = options.Address.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var service = new MeshService(Enum.Parse<ServiceKind>(parts[0]), parts.ElementAtOrDefault(1));
        return new ReplicaListResolver(endpoints, service, options.LoggerFactory);
    }
}
