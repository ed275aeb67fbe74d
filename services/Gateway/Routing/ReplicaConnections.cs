using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Hosting;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>How replicas are connected to.</summary>
internal sealed class ReplicaConnections(IOptions<EndpointOptions> endpoints) : ForwarderHttpClientFactory
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.InitialHttp2StreamWindowSize = Listeners.StreamWindow;
        handler.ConnectTimeout = TimeSpan.FromSeconds(2);
        handler.Ping(endpoints.Value.KeepAliveTimeout);
    }
}
