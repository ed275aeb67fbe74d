using Grpc.Core;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Serving.Sharing;
using MedMoE.Mesh.Services.Tests.Router.OpenInference;
using MedMoE.Mesh.ServicesUnderTest;
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

    [Fact]
    public async Task ModelInfer_LowPriorityAndNoPlaceLeft_GivesWayToItsOwnCaller()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var router = await mesh.AddRouter("Router:MaxExtractions=1", "Router:QueueCapacity=1");
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(router.Channel);
        await using var held = new HeldModel(mesh.Backbone);
        using var queued = new MetricSums("medmoe.queue.length");
        Task<ModelInferResponse> Call(ulong priority)
        {
            var pixels = Samples.Fresh().Pixels;
            var tensor = new ModelInferRequest.Types.InferInputTensor { Name = "PIXELS", Datatype = "FP32", Shape = { 1, 3, 224, 224 } };
            var request = Tensors.Request("backbone", (tensor, pixels.Data));
            request.Parameters.Add("priority", new InferParameter { Uint64Param = priority });
            return client.ModelInferAsync(request, deadline: DateTime.UtcNow + _patience).ResponseAsync;
        }
        var first = Call(1);
        await queued.Reached("backbone", 1, _patience);

        var (low, normal) = (Call(2), Call(0));

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => low)).StatusCode);
        await held.DisposeAsync();
        Assert.All(await Task.WhenAll(first, normal), answer => Assert.Equal("backbone", answer.ModelName));
    }

    [Fact]
    public async Task EmbedImage_WhatCannotBeAnsweredBeforeItsDeadline_IsRefusedAtOnce()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var router = await mesh.AddRouter("Router:MaxExtractions=2");
        var client = new RouterService.RouterServiceClient(router.Channel);
        Task<EmbedImageResponse> Call(TimeSpan left) => client.EmbedImageAsync(
            new EmbedImageRequest { Image = MeshLoad.FreshImage() }, deadline: DateTime.UtcNow + left).ResponseAsync;
        // Shows the router the pace of the backbone.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Call(_patience)));
        await using var held = new HeldModel(mesh.Backbone);
        using var queued = new MetricSums("medmoe.queue.length");
        // Some milliseconds each.
        var patient = Enumerable.Range(0, 300).Select(_ => Call(_patience)).ToList();
        await queued.Reached("backbone", 2, _patience);

        var hasty = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                // Also while the others have not all arrived.
                Assert.Null(patient.FirstOrDefault(call => call.IsCompleted));
                var e = await Assert.ThrowsAsync<RpcException>(() => Call(TimeSpan.FromSeconds(0.5)));
                if (e.StatusCode != StatusCode.DeadlineExceeded)
                {
                    throw e;
                }
            }
        });
        patient.Add(Call(_patience));

        Assert.Equal(StatusCode.ResourceExhausted, hasty.StatusCode);
        Assert.StartsWith("the deadline is in 0.", hasty.Status.Detail);
        await held.DisposeAsync();
        Assert.All(await Task.WhenAll(patient), answer => Assert.NotNull(answer.Embedding));
    }

    private static async Task Refused(List<Task<EmbedImageResponse>> calls)
    {
        var first = await Task.WhenAny(calls);
        calls.Remove(first);
        var e = await Assert.ThrowsAsync<RpcException>(() => first);
        Assert.Equal((StatusCode.ResourceExhausted, "the queue of 2 requests is full; try again in 100 ms"), (e.StatusCode, e.Status.Detail));
    }
}
