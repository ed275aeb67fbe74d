using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>Connects from one of the addresses 127.0.0.1 to 127.255.255.254, so that it counts as a separate client.</summary>
public sealed class LoopbackAddress(IPAddress address)
{
    public async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(address, 0));
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
