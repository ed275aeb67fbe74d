using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>
/// Creates one replica for each address of a DNS name. YARP's own resolver rejects the whole configuration when one name has no address, which is
/// normal for an expert scaled to zero; here only that service has no replicas.
/// </summary>
internal sealed partial class ReplicaResolver(
    IOptionsMonitor<EndpointOptions> endpoints, MeshTransport transport, ILogger<ReplicaResolver> logger) : IDestinationResolver
{
    private const string ByName = "dns";

    // Retry sooner if a name has no address: the service may be starting.
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, IPAddress[]> _known = new();

    /// <summary>The destinations for an endpoint, in the form that this resolver reads.</summary>
    public static IReadOnlyDictionary<string, DestinationConfig> Destinations(EndpointAddress address, string scheme) => address.Hosts
        .Select(host => new UriBuilder(address.IsName ? ByName : scheme, host.Host, host.Port).Uri)
        .DistinctBy(uri => uri.Authority)
        .ToDictionary(uri => uri.Authority, uri => new DestinationConfig { Address = uri.AbsoluteUri });

    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var replicas = new Dictionary<string, DestinationConfig>();
        TimeSpan? again = null;
        foreach (var (id, destination) in destinations)
        {
            var name = new Uri(destination.Address);
            if (name.Scheme != ByName)
            {
                replicas[id] = destination;
                continue;
            }
            var addresses = await Resolve(name.DnsSafeHost, cancellationToken);
            again = addresses.Length > 0 || endpoints.CurrentValue.Refresh < _retry ? endpoints.CurrentValue.Refresh : _retry;
            foreach (var address in addresses)
            {
                var replica = new UriBuilder(transport.Scheme, address.ToString(), name.Port).Uri;
                replicas[replica.Authority] = new DestinationConfig { Address = replica.AbsoluteUri, Host = name.Authority };
            }
        }
        // The source needs no Dispose: only its timer references it, and nothing once it has fired.
        var changed = again is { } period ? new CancellationChangeToken(new CancellationTokenSource(period).Token) : null;
        return new ResolvedDestinationCollection(replicas, changed);
    }

    private async Task<IPAddress[]> Resolve(string name, CancellationToken cancellation)
    {
        try
        {
            return _known[name] = await Names.LookUp(name, cancellation);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            LogUnanswered(name, e.Message);
            return _known.GetValueOrDefault(name, []);
        }
    }

    [LoggerMessage(LogLevel.Warning, "cannot resolve {Name} ({Reason}); keeping its known replicas")]
    private partial void LogUnanswered(string name, string reason);
}
