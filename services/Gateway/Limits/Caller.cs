using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Serving.Sharing;

namespace MedMoE.Mesh.Gateway.Limits;

/// <summary>Identifies the caller of a call: limits apply to each caller.</summary>
internal static class Caller
{
    /// <summary>Header with which a call gives way to others: <see cref="CallerShare.Sheddable"/>.</summary>
    public const string Priority = "x-medmoe-priority";

    private const int DigestBytes = 8;

    // One host may use every address of its /64 network (RFC 4291, 2.5.4).
    private const int NetworkBytes = 8;

    /// <summary>
    /// The caller's name where it is known, otherwise its address (for IPv6 its /64 network), taken from X-Forwarded-For behind a proxy in
    /// Gateway:TrustedProxies.
    /// </summary>
    public static string Of(HttpContext context) => context.Features.Get<KnownCaller>() is { } known
        // No address has a blank.
        ? $"caller {known.Name}" : Of(context.Connection.RemoteIpAddress ?? IPAddress.None);

    /// <summary>The caller's share of the queues behind the gateway. A caller may lower its own priority, see <see cref="Priority"/>.</summary>
    public static CallerShare ShareOf(HttpContext context)
    {
        // A digest: the services need to tell callers apart, not to know them.
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(Of(context)));
        var known = context.Features.Get<KnownCaller>();
        return new CallerShare(
            Convert.ToHexStringLower(digest.AsSpan(..DigestBytes)), known?.Weight ?? 1,
            known?.IsSheddable == true || context.Request.Headers[Priority] == CallerShare.Sheddable);
    }

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
