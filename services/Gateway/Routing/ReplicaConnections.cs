using MedMoE.Mesh.Serving.Endpoints;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>How replicas are connected to.</summary>
internal sealed class ReplicaConnections(IOptions<EndpointOptions> endpoints) : ForwarderHttpClientFactory
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        // What is held of each answer that its caller does not read; .NET does not let it grow (Gateway.csproj).
        handler.InitialHttp2StreamWindowSize = 64 << 10;
        // The caller's trace headers pass as they are. With a propagator every failed call has its exception written out for its activity, stack and
        // all: a third of the gateway's work while callers' calls fail by the thousand.
        handler.ActivityHeadersPropagator = null;
        handler.ConnectTimeout = TimeSpan.FromSeconds(2);
        handler.Ping(endpoints.Value.KeepAliveTimeout);
    }
}
