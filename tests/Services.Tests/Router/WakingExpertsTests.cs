using System.Text.Json;
using Grpc.Core;
using MedMoE.Mesh.Expert;
using MedMoE.Mesh.Router.Answers;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Services.Tests.Router;

/// <summary>Calls for an expert that has no replica.</summary>
public sealed class WakingExpertsTests : IAsyncLifetime
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static readonly MeshService _ct = MeshService.ExpertNamed("ct");

    private readonly TemporaryFolder _folder = new();
    private RunningMesh _mesh = null!;

    public async ValueTask InitializeAsync()
    {
        _mesh = await RunningMesh.Start(new MeshPlan());
        Write("");
    }

    public async ValueTask DisposeAsync()
    {
        await _mesh.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Calls_ForAnExpertAtZero_WaitForItsFirstReplica_AndOthersDoNot()
    {
        var router = await Router();
        var calls = Enumerable.Range(0, 20).Select(_ => Analyze(router, "ct")).ToArray();
        await Waiting(router, 20);
        Assert.Equal("mri", (await Analyze(router, "mri")).Gate.Expert);
        Assert.All(calls, call => Assert.False(call.IsCompleted));

        await using (var first = await RunningService.Start(ExpertApp.Create, _mesh.Files.Root, "--Expert:Name=ct"))
        {
            await first.Ready();
            Write(first.Address);
            Assert.All(await Task.WhenAll(calls).WaitAsync(_patience), answer => Assert.Equal("ct", answer.Gate.Expert));
            await Waiting(router, 0);
            Write("");
        }
        var channels = router.Get<MeshChannels>();
        await Patience.Until("the end of its connection", () => !channels.IsConnected(_ct));
        await Patience.Until(
            "the empty list",
            async () => !await channels.HasReplica(_ct, trustsConnection: true, TestContext.Current.CancellationToken));
        // The model is known now.
        var again = Analyze(router, "ct");
        await Waiting(router, 1);
        Write(_mesh.Experts["ct"].Address);
        Assert.Equal("ct", (await again).Gate.Expert);
    }

    [Theory]
    [InlineData("0", "expert ct: no replica can be reached")]
    [InlineData("00:00:00.5", "expert ct: it has no replica, and none came within 0.5 s (Router:WakeTimeout)")]
    public async Task Call_NoReplicaComes_IsUnavailable(string timeout, string message)
    {
        var router = await Router($"Router:WakeTimeout={timeout}");

        var e = await Assert.ThrowsAsync<RpcException>(() => Analyze(router, "ct"));

        Assert.Equal((StatusCode.Unavailable, message), (e.StatusCode, e.Status.Detail));
        Assert.Equal("expert ct", e.Trailers.GetValue("medmoe-service"));
        await Waiting(router, 0);
    }

    [Fact]
    public async Task Call_ItsDeadlinePasses_IsToldSo_AndWaitsNoMore()
    {
        var router = await Router();

        var e = await Assert.ThrowsAsync<RpcException>(() => Analyze(router, "ct", TimeSpan.FromSeconds(1)));

        Assert.Equal(StatusCode.DeadlineExceeded, e.StatusCode);
        await Waiting(router, 0);
    }

    [Fact]
    public async Task Calls_MoreThanMayWait_AreRefused()
    {
        var router = await Router("Router:MaxWaking=2");
        var calls = Enumerable.Range(0, 2).Select(_ => Analyze(router, "ct")).ToArray();
        await Waiting(router, 2);

        var e = await Assert.ThrowsAsync<RpcException>(() => Analyze(router, "ct"));

        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        Assert.StartsWith("2 calls wait for expert ct to start (Router:MaxWaking)", e.Status.Detail);
        Write(_mesh.Experts["ct"].Address);
        await Task.WhenAll(calls).WaitAsync(_patience);
    }

    private Task<RunningService> Router(params string[] settings) => _mesh.AddRouter([$"Endpoints:File={_folder["endpoints.json"]}", .. settings]);

    private void Write(string ct)
    {
        var file = _folder["endpoints.json"];
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(
            new { Endpoints = new { Services = new Dictionary<string, string> { ["expert-ct"] = ct } } }));
        File.Move(file + ".new", file, overwrite: true);
    }

    private static Task<AnalyzeResponse> Analyze(RunningService router, string expert, TimeSpan? timeout = null) =>
        new RouterService.RouterServiceClient(router.Channel).AnalyzeAsync(
            new AnalyzeRequest
            {
                Image = Samples.Fresh(),
                Report = "mass",
                Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = expert },
            },
            deadline: DateTime.UtcNow + (timeout ?? _patience)).ResponseAsync;

    private static Task Waiting(RunningService router, int calls) =>
        Patience.Until($"{calls} waiting calls", () => router.Get<ExpertMetrics>().Waiting("ct") == calls);
}
