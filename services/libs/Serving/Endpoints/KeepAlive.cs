namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>HTTP/2 pings: a peer that hangs, or whose machine has gone, keeps its connections open and says nothing.</summary>
public static class KeepAlive
{
    /// <summary>Ends connections whose peer is silent for as long as <see cref="EndpointOptions.KeepAliveTimeout"/> says.</summary>
    public static void Ping(this SocketsHttpHandler handler, TimeSpan timeout)
    {
        // The handler looks once a second, or at a quarter of the shorter time, and so is late twice: half and a quarter leave time for that.
        handler.KeepAlivePingDelay = timeout / 2;
        handler.KeepAlivePingTimeout = timeout / 4;
    }
}
