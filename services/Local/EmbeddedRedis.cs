using System.Net;
using System.Net.Sockets;
using Garnet;
using Garnet.common;
using Garnet.server;

namespace MedMoE.Mesh.Local;

/// <summary>A Redis in this process, on a loopback port that the system chose: the feature cache of a mesh on one machine.</summary>
internal sealed class EmbeddedRedis : IDisposable
{
    /// <summary>Bytes of an entry at most: see <see cref="Options"/>.</summary>
    public const int LargestEntry = 4 << 20;

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
            // Garnet takes port 0 but does not tell which one it got. Between our asking and its binding another may take the port; then again.
            var port = FreePort();
            var server = new GarnetServer(Options(port));
            try
            {
                server.Start();
                return new EmbeddedRedis(server, port);
            }
            catch (GarnetException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } && attempt < Tries)
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
        // Garnet 2.2.8 never lets go of an evicted value that is too large for its log: 4000 pyramids of 1.1 MB held 4.4 GB. So they are
        // kept in the log, whose pages must then hold several: 0.7 GB.
        PageSize = "16m",
        MaxInlineValueSize = "4m",
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
