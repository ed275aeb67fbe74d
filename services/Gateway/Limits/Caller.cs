using System.Net;
using System.Net.Sockets;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Whose a call is: limits hold for each caller by himself.</summary>
internal static class Caller
{
    // A host has all of its network: addresses below that are as many as it likes (RFC 4291, 2.5.4).
    private const int NetworkBytes = 8;

    /// <summary>The caller's address, of IPv6 its /64; behind a proxy that Gateway:TrustedProxies names, the address that the proxy tells.</summary>
    public static string Of(HttpContext context) => Of(context.Connection.RemoteIpAddress ?? IPAddress.None);

    internal static string Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }
        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, NetworkBytes, bytes.Length - NetworkBytes);
        return $"{new IPAddress(bytes)}/64";
    }
}
