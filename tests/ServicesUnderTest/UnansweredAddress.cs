using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>An address without a server: its port is bound, so that no other process gets it, but not listened on.</summary>
public sealed class UnansweredAddress : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public UnansweredAddress() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>HOST:PORT.</summary>
    public override string ToString() => _socket.LocalEndPoint!.ToString()!;

    public void Dispose() => _socket.Dispose();
}
