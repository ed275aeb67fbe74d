using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.LoadTester.Calls;

/// <summary>Connections to the host of a load.</summary>
internal sealed class LoadChannels : IDisposable
{
    private readonly GrpcChannel[] _channels;

    private LoadChannels(GrpcChannel[] channels) => Invokers = [.. (_channels = channels).Select(channel => channel.CreateCallInvoker())];

    public IReadOnlyList<CallInvoker> Invokers { get; }

    /// <param name="host">HOST:PORT.</param>
    /// <param name="connections">How many.</param>
    /// <param name="patience">For somebody to answer there.</param>
    /// <exception cref="LoadException">It is no address, or nobody answers there.</exception>
    public static async Task<LoadChannels> Open(string host, int connections, TimeSpan patience)
    {
        var address = MeshTransport.AddressOf(host) ?? throw new LoadException($"{host}: no address; expected HOST:PORT");
        using var cancellation = new CancellationTokenSource(patience);
        try
        {
            using var probe = new TcpClient();
            await probe.ConnectAsync(address.DnsSafeHost, address.Port, cancellation.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            throw new LoadException(
                $"{host}: nobody answers there: {(e is SocketException ? e.Message : $"no connection within {patience.TotalSeconds} s")}");
        }
        return new LoadChannels([.. Enumerable.Range(0, connections).Select(_ => GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            // A connection each, however many calls run on it.
            HttpHandler = new SocketsHttpHandler { InitialHttp2StreamWindowSize = 8 << 20, EnableMultipleHttp2Connections = true },
            DisposeHttpClient = true,
        }))]);
    }

    public void Dispose()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }
}
