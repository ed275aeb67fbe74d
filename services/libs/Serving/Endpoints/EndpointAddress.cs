using System.Globalization;
using System.Net;

namespace MedMoE.Mesh.Serving.Endpoints;

/// <summary>Where a service answers, as <see cref="EndpointOptions"/> say it.</summary>
/// <param name="Hosts">The replicas, or the one name that they share. Empty: no replica runs.</param>
/// <param name="IsName">Whether it is a name whose every address is a replica.</param>
public sealed record EndpointAddress(IReadOnlyList<DnsEndPoint> Hosts, bool IsName)
{
    private const string Dns = "dns:///";

    /// <summary>Reads <c>dns:///HOST:PORT</c> or <c>HOST:PORT,HOST:PORT</c>. An IPv6 address stands in brackets.</summary>
    /// <param name="setting">Where the text comes from, for the error: "Endpoints:Services:backbone".</param>
    /// <param name="text">The text; an empty one means that no replica runs.</param>
    /// <exception cref="EndpointException">It is neither.</exception>
    public static EndpointAddress Parse(string setting, string text)
    {
        var isName = text.StartsWith(Dns, StringComparison.OrdinalIgnoreCase);
        var hosts = (isName ? text[Dns.Length..] : text).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (isName && hosts.Length != 1)
        {
            throw new EndpointException(setting, text);
        }
        return new EndpointAddress([.. hosts.Select(host => ParseHost(host) ?? throw new EndpointException(setting, text))], isName);
    }

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
