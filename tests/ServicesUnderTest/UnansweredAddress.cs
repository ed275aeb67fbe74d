using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>An address where nobody answers: its port is bound, so that nobody else gets it, and not listened at.</summary>
public sealed class UnansweredAddress : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public UnansweredAddress() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>HOST:PORT.</summary>
    public override string ToString() => _socket.LocalEndPoint!.ToString()!;

    public void Dispose() => _socket.Dispose();
}
