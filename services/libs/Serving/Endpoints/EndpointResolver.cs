using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client.Balancer;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>
/// Resolves a service to its replicas: when the settings change, when a replica cannot be reached, and every <see cref="EndpointOptions.Refresh"/>.
/// grpc-dotnet's own DNS resolver waits at least 15 s between lookups (grpc-dotnet 2.85, DnsResolver), which is too long for an expert that was
/// started on demand.
/// </summary>
internal sealed class EndpointResolver : PollingResolver
{
    private readonly IOptionsMonitor<EndpointOptions> _endpoints;
    private readonly MeshService _service;
    private IDisposable? _changes;
    private Timer? _timer;

    private readonly Action<EndpointResolver> _started;

    /// <param name="endpoints">The settings.</param>
    /// <param name="service">What is resolved.</param>
    /// <param name="loggers">Of grpc-dotnet.</param>
    /// <param name="started">Called when it may be refreshed.</param>
    public EndpointResolver(
        IOptionsMonitor<EndpointOptions> endpoints, MeshService service, ILoggerFactory loggers, Action<EndpointResolver> started)
        : base(loggers)
    {
        (_endpoints, _service, _started) = (endpoints, service, started);
    }

    protected override void OnStarted()
    {
        _changes = _endpoints.OnChange(_ => Refresh());
        var refresh = _endpoints.CurrentValue.Refresh;
        _timer = new Timer(_ => Refresh(), null, refresh, refresh);
        _started(this);
    }

    protected override async Task ResolveAsync(CancellationToken cancellationToken)
    {
        try
        {
            var endpoint = _endpoints.CurrentValue.AddressOf(_service);
            IReadOnlyList<DnsEndPoint> replicas = endpoint is { IsName: true, Hosts: [var name] }
                ? [.. (await Names.LookUp(name.Host, cancellationToken)).Select(address => new DnsEndPoint(address.ToString(), name.Port))]
                : endpoint.Hosts;
            // An empty list is reported, too, so that calls fail at once instead of going to old addresses.
            Listener(ResolverResult.ForResult([.. replicas.Select(r => new BalancerAddress(r.Host, r.Port))]));
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            // The known replicas are kept.
            Listener(ResolverResult.ForFailure(new Status(StatusCode.Unavailable, $"{_service}: DNS lookup failed: {e.Message}", e)));
        }
    }

    protected override void Dispose(bool disposing)
    {
        _changes?.Dispose();
        _timer?.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Resolves addresses that name a service: <c>mesh:///backbone</c>, <c>mesh:///expert-ct</c>.</summary>
internal sealed class EndpointResolverFactory(IOptionsMonitor<EndpointOptions> endpoints) : ResolverFactory
{
    private readonly ConcurrentDictionary<MeshService, EndpointResolver> _resolvers = [];

    public override string Name => "mesh";

    public static string AddressOf(MeshService service) => $"mesh:///{service.Name}";

    public override Resolver Create(ResolverOptions options)
    {
        var service = MeshService.Find(Uri.UnescapeDataString(options.Address.AbsolutePath.TrimStart('/')))!;
        return new EndpointResolver(endpoints, service, options.LoggerFactory, started => _resolvers[service] = started);
    }

    /// <summary>Resolves a service anew if it has been resolved before.</summary>
    public void Refresh(MeshService service)
    {
        if (_resolvers.TryGetValue(service, out var resolver))
        {
            resolver.Refresh();
        }
    }
}
