using Grpc.Core;
using MedMoE.Mesh.Serving.Sharing;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests.Router;

public sealed class RouterTurnsTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task EmbedImage_CallerHasAllTurnsAndPlaces_OneOfItsCallsGivesWay()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var router = await mesh.AddRouter("Router:MaxExtractions=1", "Router:QueueCapacity=2");
        var client = new RouterService.RouterServiceClient(router.Channel);
        await using var held = new HeldModel(mesh.Backbone);
        using var queued = new MetricSums("medmoe.queue.length");
        Task<EmbedImageResponse> Call(string caller) => client.EmbedImageAsync(
            new EmbedImageRequest { Image = Samples.Fresh() },
            new Metadata { { CallerShare.Header, new CallerShare(caller).ToString() } },
            DateTime.UtcNow + _patience).ResponseAsync;

        // The fourth is refused: one is at the backbone, and two wait.
        var greedy = Enumerable.Range(0, 4).Select(_ => Call("greedy")).ToList();
        await Refused(greedy);
        var modest = Call("modest");
        await Refused(greedy);

        await queued.Reached("backbone", 1, _patience);
        Assert.Equal(1, queued["backbone"]);
        Assert.DoesNotContain([modest, .. greedy], call => call.IsCompleted);
        await held.DisposeAsync();
        Assert.NotNull((await modest).Embedding);
        Assert.All(await Task.WhenAll(greedy), answer => Assert.NotNull(answer.Embedding));
    }

    private static async Task Refused(List<Task<EmbedImageResponse>> calls)
    {
        var first = await Task.WhenAny(calls);
        calls.Remove(first);
        var e = await Assert.ThrowsAsync<RpcException>(() => first);
        Assert.Equal((StatusCode.ResourceExhausted, "the queue of 2 requests is full; try again in 100 ms"), (e.StatusCode, e.Status.Detail));
    }
}
