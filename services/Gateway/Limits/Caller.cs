using System.Net;
using System.Net.Sockets;
using MedMoE.Mesh.Serving.Access;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Identifies the caller of a call: limits apply to each caller.</summary>
internal static class Caller
{
    // One host may use every address of its /64 network (RFC 4291, 2.5.4).
    private const int NetworkBytes = 8;

    /// <summary>
    /// The caller's name where it is known, otherwise its address (for IPv6 its /64 network), taken from X-Forwarded-For behind a proxy in
    /// Gateway:TrustedProxies.
    /// </summary>
    public static string Of(HttpContext context) => context.Features.Get<KnownCaller>() is { } known
        // No address has a blank.
        ? $"caller {known.Name}" : Of(context.Connection.RemoteIpAddress ?? IPAddress.None);

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
