using MedMoE.Mesh.Serving.Endpoints;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>Routes and clusters for YARP, rebuilt when the endpoints change. If the new endpoints are invalid, the previous ones stay.</summary>
internal sealed partial class MeshProxyConfig : IProxyConfigProvider, IDisposable
{
    private readonly MeshRoutes _routes;
    private readonly ILogger _logger;
    private readonly InMemoryConfigProvider _current;
    private readonly IDisposable? _subscription;

    /// <exception cref="EndpointException">An endpoint cannot be read.</exception>
    public MeshProxyConfig(MeshRoutes routes, IOptionsMonitor<EndpointOptions> endpoints, ILogger<MeshProxyConfig> logger)
    {
        _routes = routes;
        _logger = logger;
        var now = endpoints.CurrentValue;
        _current = new InMemoryConfigProvider(routes.Routes(now), routes.Clusters(now));
        _subscription = endpoints.OnChange(Update);
    }

    public IProxyConfig GetConfig() => _current.GetConfig();

    public void Dispose() => _subscription?.Dispose();

    private void Update(EndpointOptions endpoints)
    {
        try
        {
            var (before, clusters) = (_current.GetConfig().Clusters, _routes.Clusters(endpoints));
            _current.Update(_routes.Routes(endpoints), clusters);
            foreach (var cluster in clusters)
            {
                var (was, now) = (Replicas(before.FirstOrDefault(c => c.ClusterId == cluster.ClusterId)), Replicas(cluster));
                if (!was.SequenceEqual(now))
                {
                    LogChanged(_logger, cluster.ClusterId, now.Length == 0 ? "none" : string.Join(", ", now));
                }
            }
        }
        catch (EndpointException e)
        {
            LogUnreadable(_logger, e.Message);
        }
    }

    private static string[] Replicas(ClusterConfig? cluster) => cluster?.Destinations is { } replicas
        ? [.. replicas.Values.Select(replica => replica.Address.Split("//")[^1].TrimEnd('/')).Order(StringComparer.Ordinal)] : [];

    [LoggerMessage(LogLevel.Information, "replicas of {Service}: {Addresses}")]
    private static partial void LogChanged(ILogger logger, string service, string addresses);

    [LoggerMessage(LogLevel.Error, "{Reason}; keeping the previous endpoints")]
    private static partial void LogUnreadable(ILogger logger, string reason);
}
