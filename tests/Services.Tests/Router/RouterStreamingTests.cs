using Grpc.Core;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests.Router;

public sealed class RouterStreamingTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Analyze_LastLevelHeldBack_TheOthersHaveReachedTheExpert()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var held = new HeldBackbone(mesh.Backbone.Channel);
        await using var backbone = await RunningService.Start(HeldBackbone.Create(held, mesh.Backbone.Get<IServedModel>().Info), mesh.Files.Root);
        var router = await mesh.AddRouter($"Endpoints:Services:backbone={backbone.Address}");
        using var runs = MetricSums.ModelRuns();
        var request = new AnalyzeRequest
        {
            Image = Samples.Encoded(Samples.Files[0]),
            Report = Samples.Reports[0],
            Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" },
        };

        var answer = new RouterService.RouterServiceClient(router.Channel).AnalyzeAsync(request, deadline: DateTime.UtcNow + _patience).ResponseAsync;

        await runs.Reached("experts/ct", 3, _patience);
        Assert.Equal((3L, false), (runs["experts/ct"], answer.IsCompleted));
        held.Release();
        Assert.Equal("ct", (await answer).Gate.Expert);
    }

    [Fact]
    public async Task AnalyzeStream_ManyItems_EachAnsweredAndBadOnesFailAlone()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = ["Router:StreamConcurrency=4"] });
        using var call = mesh.Client.AnalyzeStream(deadline: DateTime.UtcNow + _patience);
        var reading = call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        for (var i = 0; i < 20; i++)
        {
            await call.RequestStream.WriteAsync(
                new AnalyzeStreamRequest
                {
                    RequestId = $"item {i}",
                    Request = i % 5 == 3
                        ? new AnalyzeRequest { Report = "no image" }
                        : new AnalyzeRequest { Image = Samples.Fresh(), Report = Samples.Reports[i % 2] },
                },
                TestContext.Current.CancellationToken);
        }
        await call.RequestStream.CompleteAsync();

        var answers = await reading;

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"item {i}").Order(), answers.Select(a => a.RequestId).Order());
        foreach (var answer in answers)
        {
            var bad = int.Parse(answer.RequestId.Split(' ')[1], null) % 5 == 3;
            Assert.Equal(bad ? AnalyzeStreamResponse.ResultOneofCase.Error : AnalyzeStreamResponse.ResultOneofCase.Response, answer.ResultCase);
            Assert.True(!bad || answer.Error is { Code: (int)StatusCode.InvalidArgument, Message: "image: is missing" });
        }
    }

    [Fact]
    public async Task AnalyzeStream_RouterStops_AnswersWhatItHasRead()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        using var call = new RouterService.RouterServiceClient(mesh.Router.Channel).AnalyzeStream(deadline: DateTime.UtcNow + _patience);
        await using var held = new HeldModel(mesh.Backbone);
        for (var i = 0; i < 3; i++)
        {
            await call.RequestStream.WriteAsync(
                new AnalyzeStreamRequest { RequestId = $"{i}", Request = new AnalyzeRequest { Image = Samples.Fresh() } },
                TestContext.Current.CancellationToken);
        }
        // The fourth is invalid and answered immediately: the three before it have been read.
        await call.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = "bad" }, TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal("bad", call.ResponseStream.Current.RequestId);

        var stopped = mesh.Router.Stop();
        await held.DisposeAsync();

        var answered = new List<AnalyzeStreamResponse>();
        var e = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            {
                answered.Add(call.ResponseStream.Current);
            }
        });
        Assert.Equal(["0", "1", "2"], answered.Select(a => a.RequestId).Order());
        Assert.All(answered, a => Assert.NotNull(a.Response));
        Assert.Equal((StatusCode.Unavailable, "the service is stopping"), (e.StatusCode, e.Status.Detail));
        await stopped.WaitAsync(_patience);
    }

    [Theory]
    [InlineData("router")]
    [InlineData("backbone")]
    [InlineData("text")]
    [InlineData("expert")]
    public async Task Stop_UnderLoad_LosesNoAcceptedRequest(string stopping)
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = ["Cache:MemoryBytes=0"] });
        using var runs = MetricSums.ModelRuns();
        var service = stopping switch { "router" => mesh.Router, "backbone" => mesh.Backbone, "text" => mesh.TextEncoder, _ => mesh.Experts["ct"] };
        var readiness = service.Get<Readiness>();
        // Closed loops; each ends with its first refusal, and all calls before it must have succeeded.
        var clients = Enumerable.Range(0, 8).Select(async i =>
        {
            var done = 0;
            while (true)
            {
                try
                {
                    await Call(mesh, stopping, i);
                    done++;
                }
                catch (RpcException e)
                {
                    return (Done: done, Status: $"{e.StatusCode} while {(readiness.IsStopping ? "stopping" : "serving")}", e.Status.Detail);
                }
            }
        }).ToArray();
        await runs.Reached(stopping is "router" ? "text" : stopping is "expert" ? "experts/ct" : stopping, 40, _patience);

        await service.Stop().WaitAsync(_patience);

        var ended = await Task.WhenAll(clients).WaitAsync(_patience);
        Assert.All(ended, client => Assert.Equal(("Unavailable while stopping", client.Detail), (client.Status, client.Detail)));
        Assert.True(ended.Sum(client => client.Done) > 0);
    }

    [Fact]
    public async Task Stop_CallsWaitForTheModel_AnswersThem()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        await using var held = new HeldModel(mesh.Backbone);
        using var waiting = new MetricSums("medmoe.queue.length");
        var calls = Enumerable.Range(0, 20).Select(_ =>
            Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16, Samples.Fresh(), DateTime.UtcNow + _patience)).ToArray();
        await waiting.Reached("backbone", calls.Length, _patience);

        var stopped = mesh.Backbone.Stop();
        var late = await Assert.ThrowsAsync<RpcException>(() => Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16));
        Assert.Equal(StatusCode.Unavailable, late.StatusCode);
        Assert.False(stopped.IsCompleted);
        await held.DisposeAsync();

        Assert.All(await Task.WhenAll(calls), levels => Assert.Equal(4, levels.Length));
        await stopped.WaitAsync(_patience);
    }

    private static async Task Call(RunningMesh mesh, string service, int client)
    {
        var deadline = DateTime.UtcNow + _patience;
        switch (service)
        {
            case "router":
                await new RouterService.RouterServiceClient(mesh.Router.Channel).EmbedTextAsync(
                    new EmbedTextRequest { Texts = { $"nodule {client} {Guid.NewGuid()}" } }, deadline: deadline);
                break;
            case "text":
                await new TextEncoderService.TextEncoderServiceClient(mesh.TextEncoder.Channel)
                    .EncodeAsync(new EncodeRequest { Texts = { $"nodule {client}" } }, deadline: deadline);
                break;
            case "backbone":
                using (var call = new BackboneService.BackboneServiceClient(mesh.Backbone.Channel).ExtractPyramid(
                    new ExtractPyramidRequest { Image = Samples.Encoded(Samples.Files[0]) }, deadline: deadline))
                {
                    Assert.Equal(4, (await call.ResponseStream.ReadAllAsync().ToListAsync()).Count);
                }
                break;
            default:
                await Pyramids.Localize(mesh.Experts["ct"].Channel, await Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16), deadline);
                break;
        }
    }
}
