namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>HTTP/2 pings, which detect peers that hang or whose machine is down: their connections stay open.</summary>
public static class KeepAlive
{
    /// <summary>Closes connections whose peer is silent for <see cref="EndpointOptions.KeepAliveTimeout"/>.</summary>
    public static void Ping(this SocketsHttpHandler handler, TimeSpan timeout)
    {
        // The handler checks at quarters of the shorter time, so both times end late. Most of the rest is for the answer, which is delayed when both
        // sides are at their limit.
        handler.KeepAlivePingDelay = timeout / 3;
        handler.KeepAlivePingTimeout = timeout / 2;
    }
}
