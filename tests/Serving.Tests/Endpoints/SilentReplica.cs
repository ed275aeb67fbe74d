using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.Serving.Tests.Endpoints;

/// <summary>A port that neither accepts nor refuses connections: its backlog has room for one, and is full.</summary>
internal sealed class SilentReplica : IDisposable
{
    private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _queued = new(SocketType.Stream, ProtocolType.Tcp);

    public SilentReplica()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(backlog: 0);
        _queued.Connect(_listener.LocalEndPoint!);
    }

    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";

    public void Dispose()
    {
        _queued.Dispose();
        _listener.Dispose();
    }
}
