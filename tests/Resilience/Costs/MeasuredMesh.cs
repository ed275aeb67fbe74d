using System.Diagnostics;
using Grpc.Net.Client;
using MedMoE.Mesh.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Resilience.Costs;

/// <summary>A client of one of the meshes that are compared.</summary>
internal sealed class MeasuredMesh : IDisposable
{
    private readonly Connection _connection;
    private readonly Uri _address;
    private readonly GrpcChannel _channel;
    private readonly RouterService.RouterServiceClient _router;

    private MeasuredMesh(Connection connection, Uri address)
    {
        (_connection, _address, _channel) = (connection, address, connection.Open(address));
        _router = new(connection.Calls(_channel));
    }

    /// <summary>A request whose answer is in the router's memory after the first time.</summary>
    public static AnalyzeRequest Known { get; } = Fresh();

    /// <summary>The same, with an answer of 1.3 MB: attention and local features.</summary>
    public static AnalyzeRequest Large { get; } = new(Known) { ReturnAttention = true, ReturnLocalFeatures = true };

    /// <param name="gateway">HOST:PORT.</param>
    /// <param name="connection">How it is connected to.</param>
    /// <param name="timeout">For the first connection.</param>
    public static async Task<MeasuredMesh> Open(string gateway, Connection connection, TimeSpan timeout) =>
        new(connection, await connection.Reach(gateway, timeout));

    /// <summary>A request with a new image.</summary>
    public static AnalyzeRequest Fresh() => HonestClient.Request(MeshLoad.FreshImage(), "There is a large mass.");

    /// <summary>Milliseconds of each of so many calls, one after the other.</summary>
    public async Task<double[]> Latencies(int calls, Func<AnalyzeRequest> request)
    {
        var milliseconds = new double[calls];
        for (var i = 0; i < calls; i++)
        {
            milliseconds[i] = await Time(_router, request());
        }
        return milliseconds;
    }

    /// <summary>Milliseconds of each of so many calls that open a connection of their own.</summary>
    public async Task<double[]> FirstCalls(int calls)
    {
        var milliseconds = new double[calls];
        for (var i = 0; i < calls; i++)
        {
            using var channel = _connection.Open(_address);
            milliseconds[i] = await Time(new(_connection.Calls(channel)), Known);
        }
        return milliseconds;
    }

    /// <summary>Calls a second of so many callers, each of whom calls again when it is answered.</summary>
    public async Task<double[]> Throughput(int callers, TimeSpan time, Func<AnalyzeRequest> request)
    {
        var (started, calls) = (Stopwatch.GetTimestamp(), 0);
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                await _router.AnalyzeAsync(request());
                Interlocked.Increment(ref calls);
            }
        })));
        return [calls / Stopwatch.GetElapsedTime(started).TotalSeconds];
    }

    public void Dispose() => _channel.Dispose();

    private static async Task<double> Time(RouterService.RouterServiceClient router, AnalyzeRequest request)
    {
        var started = Stopwatch.GetTimestamp();
        await router.AnalyzeAsync(request);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
