using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>Looks up names whose every address is a replica.</summary>
public static class Names
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    /// <summary>The addresses of a name; none where it is unknown, as that of a service without replicas.</summary>
    /// <exception cref="SocketException">It cannot be looked up now.</exception>
    /// <exception cref="TimeoutException">Nobody answered in time.</exception>
    public static async Task<IPAddress[]> LookUp(string name, CancellationToken cancellation)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(name, cancellation).WaitAsync(_patience, cancellation);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
        {
            return [];
        }
    }
}
