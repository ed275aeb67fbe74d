namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>HTTP/2 pings: a peer that hangs, or whose machine has gone, keeps its connections open and says nothing.</summary>
public static class KeepAlive
{
    /// <summary>Ends connections whose peer is silent for as long as <see cref="EndpointOptions.KeepAliveTimeout"/> says.</summary>
    public static void Ping(this SocketsHttpHandler handler, TimeSpan timeout)
    {
        // The handler looks at quarters of the shorter time, and so is late twice; most of what is left is for the answer, which waits its turn where
        // both sides are at their limit.
        handler.KeepAlivePingDelay = timeout / 3;
        handler.KeepAlivePingTimeout = timeout / 2;
    }
}
