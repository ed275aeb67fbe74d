using System.Globalization;
using System.Net;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>
/// The address of a service. Hosts are its replicas, none if empty, or the one DNS name (<paramref name="IsName"/>) that resolves to all replicas.
/// </summary>
public sealed record EndpointAddress(IReadOnlyList<DnsEndPoint> Hosts, bool IsName)
{
    private const string Dns = "dns:///";

    /// <summary>
    /// Parses <c>dns:///HOST:PORT</c> or <c>HOST:PORT,HOST:PORT</c>, IPv6 addresses in brackets. An empty text means no replicas. The setting is for
    /// the error.
    /// </summary>
    /// <exception cref="EndpointException">It is neither.</exception>
    public static EndpointAddress Parse(string setting, string text)
    {
        var isName = text.StartsWith(Dns, StringComparison.OrdinalIgnoreCase);
        var hosts = (isName ? text[Dns.Length..] : text).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (isName && hosts.Length != 1)
        {
            throw Invalid(setting, text);
        }
        return new EndpointAddress([.. hosts.Select(host => ParseHost(host) ?? throw Invalid(setting, text))], isName);
    }

    private static EndpointException Invalid(string setting, string text) =>
        new(setting, $"'{text}' is neither dns:///HOST:PORT nor HOST:PORT,HOST:PORT");

    private static DnsEndPoint? ParseHost(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 1 || !int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > 65535)
        {
            return null;
        }
        var host = text[..colon];
        if (host is ['[', .. var address, ']'])
        {
            return IPAddress.TryParse(address, out _) ? new DnsEndPoint(address, port) : null;
        }
        return Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4 ? new DnsEndPoint(host, port) : null;
    }
}
