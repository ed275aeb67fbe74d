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
            _current.Update(_routes.Routes(endpoints), _routes.Clusters(endpoints));
            LogChanged(_logger);
        }
        catch (EndpointException e)
        {
            LogUnreadable(_logger, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "the endpoints have been updated")]
    private static partial void LogChanged(ILogger logger);

    [LoggerMessage(LogLevel.Error, "{Reason}; keeping the previous endpoints")]
    private static partial void LogUnreadable(ILogger logger, string reason);
}
