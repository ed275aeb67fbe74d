using System.Text.Json;
using Grpc.Core;
using MedMoE.Mesh.Backbone;
using MedMoE.Mesh.Expert;
using MedMoE.Mesh.Router.Answers;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.TextEncoder;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Builder;

namespace MedMoE.Mesh.Services.Tests.Router;

public sealed class ReplicasTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("backbone")]
    [InlineData("text")]
    [InlineData("experts/ct")]
    public async Task Service_OneOfTwoStopsUnderLoad_NoRequestIsLost(string service)
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var (one, create, setting) = service switch
        {
            "backbone" => (mesh.Backbone, (Func<string[], WebApplication>)BackboneApp.Create, "Endpoints:Services:backbone"),
            "text" => (mesh.TextEncoder, TextEncoderApp.Create, "Endpoints:Services:text-encoder"),
            _ => (mesh.Experts["ct"], ExpertApp.Create, "Endpoints:Services:expert-ct"),
        };
        await using var other = await RunningService.Start(create, mesh.Files.Root, "--Expert:Name=ct");
        await other.Ready();
        var router = await mesh.AddRouter($"{setting}={one.Address},{other.Address}");
        var client = new RouterService.RouterServiceClient(router.Channel);
        using var runs = MetricSums.ModelRuns();
        using var enough = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 8).Select(async _ =>
        {
            var done = 0;
            for (; !enough.IsCancellationRequested; done++)
            {
                await client.AnalyzeAsync(
                    new AnalyzeRequest
                    {
                        Image = Samples.Fresh(),
                        Report = $"nodule {Guid.NewGuid()}",
                        Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" },
                    },
                    deadline: DateTime.UtcNow + _patience);
            }
            return done;
        }).ToArray();
        await runs.Reached(service, 30, _patience);

        await one.Stop().WaitAsync(_patience);

        var before = runs[service];
        await runs.Reached(service, before + 30, _patience);
        await enough.CancelAsync();
        // A lost call would have thrown.
        Assert.All(await Task.WhenAll(clients).WaitAsync(_patience), done => Assert.True(done > 0));
    }

    [Fact]
    public async Task Endpoints_ByName_AreResolved()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        string Named(RunningService service) => $"dns:///localhost:{service.Address.Split(':')[1]}";
        var router = await mesh.AddRouter(
            $"Endpoints:Services:backbone={Named(mesh.Backbone)}", $"Endpoints:Services:text-encoder={Named(mesh.TextEncoder)}",
            $"Endpoints:Services:expert-ct={Named(mesh.Experts["ct"])}", "Endpoints:Services:expert-mri=dns:///no-such-host.invalid:8080",
            "Router:WakeTimeout=0");
        var client = new RouterService.RouterServiceClient(router.Channel);
        AnalyzeRequest For(string expert) => new()
        {
            Image = Samples.Fresh(),
            Report = "mass",
            Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = expert },
        };
        Assert.Equal("ct", (await client.AnalyzeAsync(For("ct"), deadline: DateTime.UtcNow + _patience)).Gate.Expert);
        var e = await Assert.ThrowsAsync<RpcException>(() => client.AnalyzeAsync(For("mri"), deadline: DateTime.UtcNow + _patience).ResponseAsync);
        Assert.Equal((StatusCode.Unavailable, "expert mri: no replica can be reached"), (e.StatusCode, e.Status.Detail));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Backbone_AlwaysLost_IsTriedTwiceAndNoMore(int levels)
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var lost = new LostBackbone(mesh.Backbone.Channel, levels);
        await using var backbone = await RunningService.Start(LostBackbone.Create(lost, mesh.Backbone.Get<IServedModel>().Info), mesh.Files.Root);
        var router = await mesh.AddRouter($"Endpoints:Services:backbone={backbone.Address}");

        var e = await Assert.ThrowsAsync<RpcException>(() => new RouterService.RouterServiceClient(router.Channel).AnalyzeAsync(
            new AnalyzeRequest { Image = Samples.Fresh(), Report = "mass" }, deadline: DateTime.UtcNow + _patience).ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.StartsWith("backbone: ", e.Status.Detail);
        Assert.Equal(2, lost.Calls);
    }

    /// <summary>The pyramid starts while the text encoder works, so it may have failed before the request needs it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Backbone_LostBeforeTheExpertIsAsked_IsTriedTwiceAndNoMore(int levels)
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var lost = new LostBackbone(mesh.Backbone.Channel, levels);
        await using var backbone = await RunningService.Start(LostBackbone.Create(lost, mesh.Backbone.Get<IServedModel>().Info), mesh.Files.Root);
        var router = await mesh.AddRouter($"Endpoints:Services:backbone={backbone.Address}");
        using var pyramid = router.Get<PyramidSource>().Open(ImageContent.Of(Samples.Fresh()));
        await Assert.ThrowsAnyAsync<RpcException>(() => pyramid.Start().Summary.WaitAsync(_patience));

        var e = await Assert.ThrowsAnyAsync<RpcException>(() => router.Get<AnswerSource>().Ask(
            "ct", pyramid, [], new AnswerShape(), TestContext.Current.CancellationToken).WaitAsync(_patience));

        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.StartsWith("backbone: ", e.Status.Detail);
        Assert.Equal(2, lost.Calls);
    }

    [Fact]
    public async Task Expert_OneOfTwoLeavesAsCallsBegin_NoRequestIsLost()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        await using var leaving = new LeavingReplica();
        var router = await mesh.AddRouter($"Endpoints:Services:expert-ct={leaving.Address},{mesh.Experts["ct"].Address}");
        var client = new RouterService.RouterServiceClient(router.Channel);
        async Task<string> Analyze() => (await client.AnalyzeAsync(
            new AnalyzeRequest { Image = Samples.Fresh(), Report = "mass", Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" } },
            deadline: DateTime.UtcNow + _patience)).Gate.Expert;
        // The first call also requests the model.
        Assert.Equal("ct", await Analyze());
        var before = leaving.Calls;
        using var patience = new CancellationTokenSource(_patience);

        // Most calls go directly to the other one; this one must reconnect each time, and is left out for a while.
        while (leaving.Calls < before + 2)
        {
            patience.Token.ThrowIfCancellationRequested();
            Assert.Equal("ct", await Analyze());
        }
    }

    [Fact]
    public async Task EndpointsFile_Rewritten_IsFollowedWhileCallsRun()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        await using var other = await RunningService.Start(TextEncoderApp.Create, mesh.Files.Root);
        await other.Ready();
        using var folder = new TemporaryFolder();
        var file = folder["endpoints.json"];
        void Write(string textEncoder)
        {
            File.WriteAllText(file + ".new", JsonSerializer.Serialize(Endpoints(("text-encoder", textEncoder))));
            File.Move(file + ".new", file, overwrite: true);
        }
        Write("");
        var router = await mesh.AddRouter($"Endpoints:File={file}", "Cache:MemoryBytes=0");
        var client = new RouterService.RouterServiceClient(router.Channel);
        Task<EmbedTextResponse> Embed() =>
            client.EmbedTextAsync(new EmbedTextRequest { Texts = { "mass" } }, deadline: DateTime.UtcNow + _patience).ResponseAsync;
        var e = await Assert.ThrowsAsync<RpcException>(Embed);
        Assert.Equal((StatusCode.Unavailable, "text encoder: no replica can be reached"), (e.StatusCode, e.Status.Detail));

        Write(mesh.TextEncoder.Address);
        await Until(Embed);
        Write($"{mesh.TextEncoder.Address},{other.Address}");
        await mesh.TextEncoder.DisposeAsync();

        // The first one has stopped but is still listed: its share goes to the second.
        await Until(Embed);
        for (var i = 0; i < 20; i++)
        {
            Assert.Single((await Embed()).Texts);
        }
    }

    [Fact]
    public async Task TextEncoderOrExpert_WithoutReplica_BackboneDoesNotRunForNothing()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        using var folder = new TemporaryFolder();
        var file = folder["endpoints.json"];
        File.WriteAllText(file, "{}");
        var router = await mesh.AddRouter($"Endpoints:File={file}", "Router:WakeTimeout=0");
        var client = new RouterService.RouterServiceClient(router.Channel);
        Task<AnalyzeResponse> Analyze(string report, GatingPolicy policy) => client.AnalyzeAsync(new AnalyzeRequest
        {
            Image = Samples.Fresh(),
            Report = report,
            Gating = new Gating { Policy = policy, Expert = policy == GatingPolicy.Explicit ? "ct" : "" },
        }, deadline: DateTime.UtcNow + _patience).ResponseAsync;
        await Analyze("known", GatingPolicy.Explicit);
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(Endpoints(("text-encoder", ""), ("expert-ct", ""))));
        File.Move(file + ".new", file, overwrite: true);
        await mesh.TextEncoder.DisposeAsync();
        await mesh.Experts["ct"].DisposeAsync();
        using var patience = new CancellationTokenSource(_patience);
        ListExpertsResponse experts;
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            experts = await client.ListExpertsAsync(new ListExpertsRequest(), deadline: DateTime.UtcNow + _patience);
        }
        while (experts.Experts.Single(e => e.Name == "ct").Available);
        await Assert.ThrowsAsync<RpcException>(() => Analyze("new", GatingPolicy.Report));

        using var runs = MetricSums.ModelRuns();
        for (var i = 0; i < 5; i++)
        {
            var e = await Assert.ThrowsAsync<RpcException>(() => Analyze($"new {i}", GatingPolicy.Report));
            Assert.Equal((StatusCode.Unavailable, "text encoder: no replica can be reached"), (e.StatusCode, e.Status.Detail));
            e = await Assert.ThrowsAsync<RpcException>(() => Analyze("known", GatingPolicy.Explicit));
            Assert.Equal((StatusCode.Unavailable, "expert ct: no replica can be reached"), (e.StatusCode, e.Status.Detail));
        }
        Assert.Equal(0, runs.Total);
    }

    /// <summary>Calls until it succeeds: the file is reloaded some time after a change.</summary>
    private static async Task Until(Func<Task<EmbedTextResponse>> call)
    {
        using var patience = new CancellationTokenSource(_patience);
        while (true)
        {
            try
            {
                await call();
                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && !patience.IsCancellationRequested)
            {
                // Not reloaded yet.
            }
        }
    }

    /// <summary>An endpoints file: addresses of services by name.</summary>
    private static object Endpoints(params (string Service, string Address)[] services) =>
        new { Endpoints = new { Services = services.ToDictionary(s => s.Service, s => s.Address) } };
}
