using Grpc.Core;

namespace MedMoE.Mesh.Wire.Transport;

/// <summary>How clients and services of the mesh connect to each other: HTTP/2 without TLS. Every client takes scheme and credentials from here.</summary>
public static class MeshTransport
{
    public static string Scheme { get; } = Uri.UriSchemeHttp;

    /// <summary>Of a channel whose address has another scheme than <see cref="Scheme"/>: a resolver's.</summary>
    public static ChannelCredentials Credentials { get; } = ChannelCredentials.Insecure;

    /// <summary>The address of a server given as HOST:PORT, or null where the text is not that.</summary>
    public static Uri? AddressOf(string hostAndPort) =>
        Uri.TryCreate($"{Scheme}://{hostAndPort}", UriKind.Absolute, out var address) && address.PathAndQuery == "/" ? address : null;
}
