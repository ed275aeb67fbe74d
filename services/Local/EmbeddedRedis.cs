using System.Net;
using System.Net.Sockets;
using Garnet;
using Garnet.common;
using Garnet.server;

namespace MedMoE.Mesh.Local;

/// <summary>An in-process Redis on a loopback port chosen by the system: the feature cache of a local mesh.</summary>
internal sealed class EmbeddedRedis : IDisposable
{
    private const int Tries = 10;

    private readonly GarnetServer _server;

    private EmbeddedRedis(GarnetServer server, int port)
    {
        _server = server;
        Address = $"127.0.0.1:{port}";
    }

    /// <summary>HOST:PORT.</summary>
    public string Address { get; }

    public static EmbeddedRedis Start()
    {
        for (var attempt = 1; ; attempt++)
        {
            // Garnet accepts port 0 but does not report the port it got. Another process may take the free port before Garnet binds it, hence the
            // retry.
            var port = FreePort();
            var server = new GarnetServer(Options(port));
            try
            {
                server.Start();
                return new EmbeddedRedis(server, port);
            }
            catch (GarnetException e) when (
                e.InnerException is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } && attempt < Tries)
            {
                server.Dispose();
            }
        }
    }

    public void Dispose() => _server.Dispose();

    private static GarnetServerOptions Options(int port) => new()
    {
        EndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
        LogMemorySize = "512m",
        IndexMemorySize = "8m",
        // Garnet 2.2.8 stores every hash and every large value outside its log, and frees an evicted one only with the whole log page that refers to
        // it. A page of 16 MB refers to a quarter of a million; 4000 pyramids then took 4.4 GB.
        PageSize = "4k",
        DisablePubSub = true,
        QuietMode = true,
    };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
