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
/// Makes a replica of every address of a name. YARP's own resolver fails the whole configuration when one name has no address, as that of
/// an expert with no replicas; here such a service has none, and the others go on.
/// </summary>
internal sealed partial class ReplicaResolver(IOptionsMonitor<EndpointOptions> endpoints, ILogger<ReplicaResolver> logger) : IDestinationResolver
{
    private const string ByName = "dns";

    // A name without an address is looked for sooner: its service may be starting.
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, IPAddress[]> _known = new();

    /// <summary>An endpoint as destinations that this resolver reads.</summary>
    public static IReadOnlyDictionary<string, DestinationConfig> Destinations(EndpointAddress address) => address.Hosts
        .Select(host => new UriBuilder(address.IsName ? ByName : MeshTransport.Scheme, host.Host, host.Port).Uri)
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
                var replica = new UriBuilder(MeshTransport.Scheme, address.ToString(), name.Port).Uri;
                replicas[replica.Authority] = new DestinationConfig { Address = replica.AbsoluteUri, Host = name.Authority };
            }
        }
        // The source frees itself: its timer holds it, and nothing else once it has fired.
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

    [LoggerMessage(LogLevel.Warning, "{Name} cannot be looked up ({Reason}); its replicas stay as they are")]
    private partial void LogUnanswered(string name, string reason);
}
