using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.Client;
using MedMoE.Mesh.LoadTester.Configuration;

namespace MedMoE.Mesh.LoadTester.Calls;

internal sealed class LoadChannels : IDisposable
{
    private readonly GrpcChannel[] _channels;

    private LoadChannels(GrpcChannel[] channels, Connection connection) => Invokers = [.. (_channels = channels).Select(connection.Calls)];

    public IReadOnlyList<CallInvoker> Invokers { get; }

    /// <exception cref="ConnectionException">Invalid address, or no connection.</exception>
    public static async Task<LoadChannels> Open(LoadConfig config, int connections)
    {
        var address = await config.Connection.Reach(config.Host, config.ConnectTimeout);
        // One connection per channel, for any number of calls.
        return new LoadChannels([.. Enumerable.Range(0, connections).Select(_ => config.Connection.Open(
            address, new SocketsHttpHandler { InitialHttp2StreamWindowSize = 8 << 20, EnableMultipleHttp2Connections = true }))], config.Connection);
    }

    public void Dispose()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }
}
