using MedMoE.Mesh.Serving.Hosting;
using Microsoft.Net.Http.Headers;

namespace MedMoE.Mesh.Gateway.Doors;

/// <summary>
/// Headers of a request of HTTP/1.1 that are about it, about pages or about browsers, and so not about its call; and one that has
/// a meaning only in HTTP/2.
/// </summary>
internal static class HttpHeaders
{
    private static readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.TransferEncoding, HeaderNames.Upgrade, HeaderNames.TE,
        HeaderNames.Trailer, HeaderNames.Expect, HeaderNames.ContentLength, HeaderNames.ContentEncoding, HeaderNames.Host, HeaderNames.Accept,
        HeaderNames.AcceptEncoding, HeaderNames.AcceptLanguage, HeaderNames.Cookie, HeaderNames.Origin, HeaderNames.Referer,
        EarlyAnswer.Header,
    };

    public static bool Have(string name) => _names.Contains(name);

    public static void RemoveFrom(IHeaderDictionary headers)
    {
        foreach (var name in _names)
        {
            headers.Remove(name);
        }
    }
}
