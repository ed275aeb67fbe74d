using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.LoadTester.Calls;

internal sealed class LoadChannels : IDisposable
{
    private readonly GrpcChannel[] _channels;

    private LoadChannels(GrpcChannel[] channels) => Invokers = [.. (_channels = channels).Select(channel => channel.CreateCallInvoker())];

    public IReadOnlyList<CallInvoker> Invokers { get; }

    /// <exception cref="LoadException">Invalid address, or no connection.</exception>
    public static async Task<LoadChannels> Open(string host, int connections, TimeSpan timeout)
    {
        var address = MeshTransport.Plain.AddressOf(host) ?? throw new LoadException($"{host}: not an address; expected HOST:PORT");
        if (await MeshTransport.Plain.WhyUnreachable(address, timeout) is { } reason)
        {
            throw new LoadException($"{host}: cannot connect: {reason}");
        }
        return new LoadChannels([.. Enumerable.Range(0, connections).Select(_ => GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            // One connection per channel, for any number of calls.
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
