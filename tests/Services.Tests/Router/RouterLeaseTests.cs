using Grpc.Core;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests.Router;

/// <summary>Two routers on one Redis that are asked for one new image at the same moment.</summary>
public sealed class RouterLeaseTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    // Longer times than in production, because the machine may be busy.
    private static readonly string[] _patient = ["Cache:RedisTimeout=00:00:10", "Cache:LeaseWait=00:10:00"];

    [Fact]
    public async Task Analyze_NewImagesAtTwoRouters_EachRunsTheBackboneOnce()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = Settings(redis) });
        var other = await mesh.AddRouter(Settings(redis));
        await Warm(mesh.Router, other);
        using var runs = MetricSums.ModelRuns();
        using var awaited = new MetricSums("medmoe.cache.awaited");
        const int Images = 20;
        for (var i = 0; i < Images; i++)
        {
            var request = new AnalyzeRequest { Image = Samples.Fresh(), Report = Samples.Reports[0] };

            var answers = await Task.WhenAll(Analyze(mesh.Router, request), Analyze(other, request));

            // Only the router that had it computed has its timing.
            Assert.Single(answers, answer => answer.BackboneTiming is not null);
            Array.ForEach(answers, answer => (answer.BackboneTiming, answer.TextTiming, answer.ExpertTiming) = (null, null, null));
            Assert.Equal(answers[0], answers[1]);
        }
        Assert.Equal(Images, runs["backbone"]);
        // One may come so late that it finds the pyramid at once.
        Assert.InRange(awaited["pyramid"], 1, Images);
    }

    [Fact]
    public async Task EmbedImage_BackboneIsSlow_OneCallComesToItAndBothRoutersAnswer()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = Settings(redis) });
        // A router that waits for the other one takes none of the turns.
        var other = await mesh.AddRouter([.. Settings(redis), "Router:MaxExtractions=1"]);
        await Warm(mesh.Router, other);
        using var runs = MetricSums.ModelRuns();
        await using var held = new HeldModel(mesh.Backbone);
        using var queued = new MetricSums("medmoe.queue.length");
        var (image, another) = (Samples.Fresh(), Samples.Fresh());
        var first = Embed(mesh.Router, image);
        await queued.Reached("backbone", 1, _patience);
        var second = Embed(other, image);
        await redis.UntilSomebodyWaits();
        var third = Embed(other, another);
        await queued.Reached("backbone", 2, _patience);

        await held.DisposeAsync();

        Assert.Equal((await first).Embedding, (await second).Embedding);
        Assert.NotNull((await third).Embedding);
        // The held one, and the two images.
        Assert.Equal(3, runs["backbone"]);
    }

    [Fact]
    public async Task EmbedImage_RedisKilledMeanwhile_BothRoutersCompute()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = Settings(redis) });
        var other = await mesh.AddRouter(Settings(redis));
        await Warm(mesh.Router, other);
        await using var held = new HeldModel(mesh.Backbone);
        using var queued = new MetricSums("medmoe.queue.length");
        var image = Samples.Fresh();
        var first = Embed(mesh.Router, image);
        await queued.Reached("backbone", 1, _patience);
        var second = Embed(other, image);
        await redis.UntilSomebodyWaits();

        redis.Kill();

        await queued.Reached("backbone", 2, _patience);
        await held.DisposeAsync();
        Assert.Equal((await first).Embedding, (await second).Embedding);
    }

    [Fact]
    public async Task EmbedImage_CallerOfTheFirstRouterGoes_TheOtherComputes()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = Settings(redis) });
        var other = await mesh.AddRouter(Settings(redis));
        await Warm(mesh.Router, other);
        await using var held = new HeldModel(mesh.Backbone);
        using var queued = new MetricSums("medmoe.queue.length");
        using var gone = new CancellationTokenSource();
        var image = Samples.Fresh();
        var first = Embed(mesh.Router, image, gone.Token);
        await queued.Reached("backbone", 1, _patience);
        var second = Embed(other, image);
        await redis.UntilSomebodyWaits();

        await gone.CancelAsync();

        await Assert.ThrowsAsync<RpcException>(() => first);
        await held.DisposeAsync();
        Assert.NotNull((await second).Embedding);
    }

    [Fact]
    public async Task EmbedImage_BackboneOfTheFirstRouterIsLost_TheOtherComputes()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = Settings(redis) });
        var lost = new LostBackbone(mesh.Backbone.Channel, levels: 0);
        await using var backbone = await RunningService.Start(LostBackbone.Create(lost, mesh.Backbone.Get<IServedModel>().Info), mesh.Files.Root);
        var unlucky = await mesh.AddRouter([.. Settings(redis), $"Endpoints:Services:backbone={backbone.Address}"]);
        await Warm(mesh.Router);
        await using var held = new HeldModel(mesh.Backbone);
        using var queued = new MetricSums("medmoe.queue.length");
        var image = Samples.Fresh();
        var first = Embed(unlucky, image);
        await queued.Reached("backbone", 1, _patience);
        var second = Embed(mesh.Router, image);
        await redis.UntilSomebodyWaits();

        await held.DisposeAsync();

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => first)).StatusCode);
        Assert.NotNull((await second).Embedding);
    }

    [Fact]
    public async Task EmbedImage_PyramidsTooLargeForTheCache_NoLeaseIsTakenAfterTheFirst()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.Missing);
        using var redis = await RedisServer.Start();
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = [.. Settings(redis), "Cache:MaxEntryBytes=1"] });
        await Embed(mesh.Router, Samples.Fresh());
        // A lease is set, and then deleted; nothing else is small enough.
        Assert.Equal(1, await redis.Calls("set"));

        await Embed(mesh.Router, Samples.Fresh());

        Assert.Equal(1, await redis.Calls("set"));
    }

    private static string[] Settings(RedisServer redis) => [$"Cache:Redis={redis.Address}", .. _patient];

    /// <summary>The first call of a router also connects it, and asks for the models.</summary>
    private static async Task Warm(params RunningService[] routers)
    {
        foreach (var router in routers)
        {
            await Analyze(router, new AnalyzeRequest { Image = Samples.Fresh(), Report = Samples.Reports[0] });
            await Embed(router, Samples.Fresh());
        }
    }

    private static async Task<AnalyzeResponse> Analyze(RunningService router, AnalyzeRequest request) =>
        await new RouterService.RouterServiceClient(router.Channel).AnalyzeAsync(request, deadline: DateTime.UtcNow + _patience);

    private static async Task<EmbedImageResponse> Embed(RunningService router, Image image, CancellationToken cancellation = default) =>
        await new RouterService.RouterServiceClient(router.Channel).EmbedImageAsync(
            new EmbedImageRequest { Image = image }, deadline: DateTime.UtcNow + _patience, cancellationToken: cancellation);
}
