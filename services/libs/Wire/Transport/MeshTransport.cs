using System.Net.Sockets;
using System.Text.RegularExpressions;
using Grpc.Core;

namespace MedMoE.Mesh.Wire.Transport;

/// <summary>
/// How clients and services of the mesh connect to each other: HTTP/2 without TLS. Every client takes scheme and credentials from here.
/// </summary>
public static partial class MeshTransport
{
    public static string Scheme { get; } = Uri.UriSchemeHttp;

    /// <summary>Of a channel whose address has another scheme than <see cref="Scheme"/>: a resolver's.</summary>
    public static ChannelCredentials Credentials { get; } = ChannelCredentials.Insecure;

    /// <summary>The address of a server given as HOST:PORT, or null where the text is not that.</summary>
    public static Uri? AddressOf(string hostAndPort) =>
        Port().IsMatch(hostAndPort) && Uri.TryCreate($"{Scheme}://{hostAndPort}", UriKind.Absolute, out var address)
        && address is { PathAndQuery: "/", UserInfo: "" } ? address : null;

    /// <summary>Why no connection to an address can be opened, or null: gRPC's own message does not tell.</summary>
    public static async Task<string?> WhyUnreachable(Uri address, TimeSpan timeout)
    {
        using var cancellation = new CancellationTokenSource(timeout);
        try
        {
            using var probe = new TcpClient();
            await probe.ConnectAsync(address.DnsSafeHost, address.Port, cancellation.Token);
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException)
        {
            return $"timeout after {timeout.TotalSeconds} s";
        }
    }

    [GeneratedRegex(@":\d+$")]
    private static partial Regex Port();
}
