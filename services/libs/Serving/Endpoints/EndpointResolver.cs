using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client.Balancer;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>
/// Resolves a service to the replicas that the settings list, or to the addresses of the name that they give: again when the settings change,
/// when a replica cannot be reached, and every <see cref="EndpointOptions.Refresh"/>. grpc-dotnet's own resolver of names looks up
/// no more often than every 15 s (grpc-dotnet 2.85, DnsResolver), which is long for an expert that has just been started because
/// somebody waits for it.
/// </summary>
internal sealed class EndpointResolver : PollingResolver
{
    private readonly IOptionsMonitor<EndpointOptions> _endpoints;
    private readonly MeshService _service;
    private IDisposable? _changes;
    private Timer? _timer;

    public EndpointResolver(IOptionsMonitor<EndpointOptions> endpoints, MeshService service, ILoggerFactory loggers)
        : base(loggers)
    {
        (_endpoints, _service) = (endpoints, service);
    }

    protected override void OnStarted()
    {
        _changes = _endpoints.OnChange(_ => Refresh());
        var refresh = _endpoints.CurrentValue.Refresh;
        _timer = new Timer(_ => Refresh(), null, refresh, refresh);
    }

    protected override async Task ResolveAsync(CancellationToken cancellationToken)
    {
        try
        {
            var endpoint = _endpoints.CurrentValue.AddressOf(_service);
            IReadOnlyList<DnsEndPoint> replicas = endpoint is { IsName: true, Hosts: [var name] }
                ? [.. (await Names.LookUp(name.Host, cancellationToken)).Select(address => new DnsEndPoint(address.ToString(), name.Port))]
                : endpoint.Hosts;
            // An empty list is told, too: calls then fail at once instead of going where nobody is.
            Listener(ResolverResult.ForResult([.. replicas.Select(r => new BalancerAddress(r.Host, r.Port))]));
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            // Those that are known stay.
            Listener(ResolverResult.ForFailure(new Status(StatusCode.Unavailable, $"{_service}: its name cannot be looked up: {e.Message}", e)));
        }
    }

    protected override void Dispose(bool disposing)
    {
        _changes?.Dispose();
        _timer?.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Makes resolvers of addresses that name a service: <c>mesh:///backbone</c>, <c>mesh:///expert-ct</c>.</summary>
internal sealed class EndpointResolverFactory(IOptionsMonitor<EndpointOptions> endpoints) : ResolverFactory
{
    public override string Name => "mesh";

    public static string AddressOf(MeshService service) => $"mesh:///{service.Name}";

    public override Resolver Create(ResolverOptions options)
    {
        var service = MeshService.Find(Uri.UnescapeDataString(options.Address.AbsolutePath.TrimStart('/')))!;
        return new EndpointResolver(endpoints, service, options.LoggerFactory);
    }
}
