using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>Ports that the user chose. A service that cannot listen says so too, but only after all have loaded their networks.</summary>
internal static class Ports
{
    /// <exception cref="LocalMeshException">Another process listens on the port.</exception>
    public static void RequireFree(string option, int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
        }
        catch (SocketException e)
        {
            throw new LocalMeshException($"{option} {port}: {e.Message}");
        }
    }
}
