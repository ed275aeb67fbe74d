using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>DNS lookups of names that resolve to all replicas of a service.</summary>
public static class Names
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(5);

    /// <summary>The addresses of a name; none for an unknown name, such as that of a service without replicas.</summary>
    /// <exception cref="SocketException">The lookup failed.</exception>
    /// <exception cref="TimeoutException">No answer within 5 s.</exception>
    public static async Task<IPAddress[]> LookUp(string name, CancellationToken cancellation)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(name, cancellation).WaitAsync(_timeout, cancellation);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
        {
            return [];
        }
    }
}
