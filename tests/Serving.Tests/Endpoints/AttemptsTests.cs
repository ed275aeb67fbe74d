using Grpc.Core;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Balancing;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.Serving.Tests.Endpoints;

public sealed class AttemptsTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly WaitingCalls _waiting = new();
    private readonly ILoggerFactory _loggers;

    public AttemptsTests() => _loggers = LoggerFactory.Create(logging => logging.AddProvider(_waiting).SetMinimumLevel(LogLevel.Trace));

    public void Dispose() => _loggers.Dispose();

    [Fact]
    public async Task Call_WaitsForAReplicaThatLeavesTheList_IsUnavailable()
    {
        using var silent = new SilentReplica();
        var endpoints = new EndpointSetting(TextEncoderAt(silent.Address));
        using var channels = new MeshChannels(endpoints, MeshTransport.Plain, _loggers);
        var call = Encode(channels);
        await _waiting.First.WaitAsync(_patience, TestContext.Current.CancellationToken);

        endpoints.Change(TextEncoderAt(""));

        var e = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal((StatusCode.Unavailable, "text encoder: no replica can be reached"), (e.StatusCode, e.Status.Detail));
    }

    [Fact]
    public async Task Call_WaitsForAReplicaThatIsReplaced_GoesToTheNewOne()
    {
        using var silent = new SilentReplica();
        await using var service = await RunningService.Start(StubTextEncoder.Create, null);
        var endpoints = new EndpointSetting(TextEncoderAt(silent.Address));
        using var channels = new MeshChannels(endpoints, MeshTransport.Plain, _loggers);
        var call = Encode(channels);
        await _waiting.First.WaitAsync(_patience, TestContext.Current.CancellationToken);

        endpoints.Change(TextEncoderAt(service.Address));

        Assert.Empty((await call).Texts);
    }

    [Fact]
    public async Task Call_ServiceSaysInternal_StaysInternal()
    {
        await using var service = await RunningService.Start(StubTextEncoder.Create, null);
        using var channels = new MeshChannels(new EndpointSetting(TextEncoderAt(service.Address)), MeshTransport.Plain, _loggers);

        var e = await Assert.ThrowsAsync<RpcException>(() => Encode(channels, "mass"));

        Assert.Equal((StatusCode.Internal, $"text encoder: {StubTextEncoder.Reason}"), (e.StatusCode, e.Status.Detail));
    }

    [Fact]
    public async Task Calls_AfterAReplicaHung_GoToTheOthers()
    {
        using var hung = new HungReplica();
        await using var service = await RunningService.Start(StubTextEncoder.Create, null);
        var keepAlive = TimeSpan.FromSeconds(4);
        using var channels = new MeshChannels(
            new EndpointSetting(TextEncoderAt($"{hung.Address},{service.Address}") with { KeepAliveTimeout = keepAlive }), MeshTransport.Plain,
            _loggers);
        // By chance: a call goes to the hanging replica, is lost after the pings, and is then answered by the other.
        var started = TimeProvider.System.GetTimestamp();
        do
        {
            await Encode(channels);
        }
        while (TimeProvider.System.GetElapsedTime(started) < keepAlive / 3);

        // Sooner than pings would detect it.
        var client = new TextEncoderService.TextEncoderServiceClient(channels.Of(MeshService.TextEncoder));
        for (var i = 0; i < 10; i++)
        {
            await client.EncodeAsync(new EncodeRequest(), deadline: DateTime.UtcNow + (keepAlive / 2));
        }
    }

    private static EndpointOptions TextEncoderAt(string address) => new()
    {
        Services = new Dictionary<string, string> { [MeshService.TextEncoder.Name] = address },
    };

    private static Task<EncodeResponse> Encode(MeshChannels channels, params string[] texts) => Attempts.OnceMore(
        MeshService.TextEncoder,
        () => new TextEncoderService.TextEncoderServiceClient(channels.Of(MeshService.TextEncoder)).EncodeAsync(
            new EncodeRequest { Texts = { texts } }, deadline: DateTime.UtcNow + _patience).ResponseAsync);
}
