using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace MedMoE.Mesh.Gateway.Routing;

internal sealed class ReplicaConnections(IOptions<EndpointOptions> endpoints, MeshTransport transport) : ForwarderHttpClientFactory
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        // Limits the memory for an unread answer; Gateway.csproj stops .NET from growing the window.
        handler.InitialHttp2StreamWindowSize = 64 << 10;
        // Trace headers are forwarded unchanged. With a propagator, .NET formats the exception of every failed call for its activity, with the stack:
        // a third of the gateway's CPU time when thousands of calls fail.
        handler.ActivityHeadersPropagator = null;
        handler.ConnectTimeout = TimeSpan.FromSeconds(2);
        handler.Ping(endpoints.Value.KeepAliveTimeout);
        transport.Secure(handler, MeshRoutes.NameOf(context.NewMetadata));
    }
}
