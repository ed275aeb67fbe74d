using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.Serving.Tests.Endpoints;

/// <summary>A port that accepts every connection and never answers, like a paused process.</summary>
internal sealed class HungReplica : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public HungReplica() => _listener.Start(backlog: 100);

    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public void Dispose() => _listener.Dispose();
}
