using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests;

public sealed class LimitsTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Request_Of64Megabytes_IsRefusedWithTheLimit()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var large = new Image { Encoded = ByteString.CopyFrom(new byte[64_000_000]) };
        async Task AssertRefused(
            Func<Task> call, StatusCode code = StatusCode.ResourceExhausted, string detail = "the message is over the limit of 33554432 bytes")
        {
            var e = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal((code, detail), (e.StatusCode, e.Status.Detail));
        }
        var deadline = DateTime.UtcNow + _patience;
        await AssertRefused(() => mesh.Client.AnalyzeAsync(new AnalyzeRequest { Image = large }, deadline: deadline).ResponseAsync);
        await AssertRefused(() => Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16, large));
        // Also in the middle of a stream. An expert has its own limit: the largest level of its model.
        var level = new PyramidLevel { Features = new WireTensor { Data = large.Encoded } };
        await AssertRefused(
            () => Pyramids.Localize(mesh.Experts["ct"].Channel, [level], deadline),
            StatusCode.InvalidArgument, "level: has 64000020 bytes, over the limit of 1249280: level 0 of this model is [56, 56, 16]");
    }

    [Fact]
    public async Task Request_WithinARaisedLimit_Passes()
    {
        const string Raised = "Serving:MaxMessageBytes=100000000";
        await using var mesh = await RunningMesh.Start(new MeshPlan { Gateway = [Raised], Router = [Raised], Backbone = [Raised] });
        // A PNG may have any bytes after its end.
        var padded = new byte[72_000_000];
        Samples.Bytes(Samples.Files[0]).CopyTo(padded, 0);
        var answer = await mesh.Client.AnalyzeAsync(
            new AnalyzeRequest { Image = new Image { Encoded = ByteString.CopyFrom(padded) } }, deadline: DateTime.UtcNow + _patience);
        Assert.NotNull(answer.ImageEmbedding);
    }

    [Fact]
    public async Task Pyramids_BatchOf32InFp32_Passes()
    {
        await using var mesh = await RunningMesh.Start(
            new MeshPlan { Backbone = ["Backbone:MaxBatchSize=32"], Experts = ["Expert:MaxBatchSize=32"] });
        using var waiting = new MetricSums("medmoe.queue.length");
        Task<PyramidLevel[]>[] extracting;
        await using (new HeldModel(mesh.Backbone))
        {
            // All of them are queued: one batch.
            extracting = [.. Enumerable.Range(0, 32).Select(
                _ => Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp32, Samples.Fresh(), DateTime.UtcNow + _patience))];
            await waiting.Reached("backbone", 32, _patience);
        }
        var pyramids = await Task.WhenAll(extracting);
        Assert.All(pyramids, levels => Assert.Equal(32, levels[3].Timing.BatchSize));

        var answers = await Task.WhenAll(
            pyramids.Select(levels => Pyramids.Localize(mesh.Experts["ct"].Channel, levels, DateTime.UtcNow + _patience)));

        Assert.All(answers, a => Assert.Equal(64, a.ImageEmbedding.Shape[0]));
    }

    [Fact]
    public async Task Deadlines_ShorterThanTheQueue_NeverReachTheModel()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Backbone = ["Backbone:MaxBatchSize=1", "Backbone:QueueCapacity=1000"] });
        using var runs = MetricSums.ModelRuns();
        using var dropped = new MetricSums("medmoe.queue.dropped");
        using var waiting = new MetricSums("medmoe.queue.length");
        var image = Samples.Encoded("gray8_130x100.png");
        var ended = new List<StatusCode>();
        await using (new HeldModel(mesh.Backbone))
        {
            // The model is busy until all of them have been cancelled. On a busy machine none may reach the queue in time: then the next ones get
            // more time.
            for (var time = TimeSpan.FromMilliseconds(50); waiting["backbone"] == 0 && time < _patience; time *= 2)
            {
                var deadline = DateTime.UtcNow + time;
                var calls = Enumerable.Range(0, 200).Select(_ => Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16, image, deadline)).ToArray();
                foreach (var call in calls)
                {
                    ended.Add((await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
                }
            }
        }
        Assert.All(ended, status => Assert.Equal(StatusCode.DeadlineExceeded, status));
        Assert.NotEmpty(await Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16));
        // Only the one that blocked the model and the last one ran.
        TestContext.Current.TestOutputHelper?.WriteLine($"{dropped["backbone"]} dropped, {runs["backbone"]} ran");
        Assert.InRange(dropped["backbone"], 1, ended.Count);
        Assert.Equal(2, runs["backbone"]);
    }

    [Fact]
    public async Task Queue_Of8With100Callers_RefusesTheRestAtOnce()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Backbone = ["Backbone:QueueCapacity=8"] });
        Task<PyramidLevel[]>[] calls;
        await using (new HeldModel(mesh.Backbone))
        {
            calls = [.. Enumerable.Range(0, 100).Select(
                _ => Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16, deadline: DateTime.UtcNow + _patience))];
            var open = calls.ToList();
            for (var refused = 0; refused < 92; refused++)
            {
                // While the model is still on its first batch.
                var call = await Task.WhenAny(open).WaitAsync(_patience);
                open.Remove(call);
                var e = await Assert.ThrowsAsync<RpcException>(() => call);
                Assert.Equal((StatusCode.ResourceExhausted, "the queue of 8 requests is full; try again in 100 ms"), (e.StatusCode, e.Status.Detail));
                Assert.Equal("100", e.Trailers.GetValue("grpc-retry-pushback-ms"));
            }
            Assert.All(open, call => Assert.False(call.IsCompleted));
        }
        Assert.All(await Task.WhenAll(calls.Where(c => !c.IsFaulted)), levels => Assert.Equal(4, levels.Length));
    }

    [Fact]
    public async Task Queue_Full_RefusesAnImageBeforeItIsDecoded()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Backbone = ["Backbone:QueueCapacity=1"] });
        var png = Samples.Bytes(Samples.Files[0]);
        var cut = new Image { Encoded = ByteString.CopyFrom(png.AsSpan(..(png.Length / 2))) };
        Task<RpcException> Refused() =>
            Assert.ThrowsAsync<RpcException>(() => Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16, cut, DateTime.UtcNow + _patience));
        Task<PyramidLevel[]> waiting;
        await using (new HeldModel(mesh.Backbone))
        {
            using var queue = new MetricSums("medmoe.queue.length");
            waiting = Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16, deadline: DateTime.UtcNow + _patience);
            await queue.Reached("backbone", 1, _patience);

            Assert.Equal("the queue of 1 requests is full; try again in 100 ms", (await Refused()).Status.Detail);
        }
        await waiting;
        // Its fault shows when it is decoded.
        Assert.Equal(StatusCode.InvalidArgument, (await Refused()).StatusCode);
    }

    [Fact]
    public async Task Queue_FullBehindTheRouter_NamesTheService()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Backbone = ["Backbone:QueueCapacity=1"] });
        await using var held = new HeldModel(mesh.Backbone);
        using var queue = new MetricSums("medmoe.queue.length");
        var waiting = mesh.Client.EmbedImageAsync(
            new EmbedImageRequest { Image = Samples.Fresh() }, deadline: DateTime.UtcNow + _patience).ResponseAsync;
        await queue.Reached("backbone", 1, _patience);

        var e = await Assert.ThrowsAsync<RpcException>(() =>
            mesh.Client.EmbedImageAsync(new EmbedImageRequest { Image = Samples.Fresh() }, deadline: DateTime.UtcNow + _patience).ResponseAsync);

        Assert.Equal(
            (StatusCode.ResourceExhausted, "backbone: the queue of 1 requests is full; try again in 100 ms"), (e.StatusCode, e.Status.Detail));
        Assert.Equal("100", e.Trailers.GetValue("grpc-retry-pushback-ms"));
        await held.DisposeAsync();
        Assert.NotNull((await waiting).Embedding);
    }

    [Fact]
    public async Task Router_MoreBytesThanItHolds_RefusesCallsAndLetsStreamsWait()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Router = ["Router:MaxBytes=2000000"] });
        var client = new RouterService.RouterServiceClient(mesh.Router.Channel);
        var deadline = DateTime.UtcNow + _patience;
        Image Padded()
        {
            var bytes = new byte[700_000];
            Samples.Bytes(Samples.Files[0]).CopyTo(bytes, 0);
            Guid.NewGuid().ToByteArray().CopyTo(bytes, bytes.Length - 16);
            return new Image { Encoded = ByteString.CopyFrom(bytes) };
        }
        using var queue = new MetricSums("medmoe.queue.length");
        var held = new HeldModel(mesh.Backbone);
        await using var model = held;
        var first = client.EmbedImageAsync(new EmbedImageRequest { Image = Padded() }, deadline: deadline).ResponseAsync;
        await queue.Reached("backbone", 1, _patience);

        var e = await Assert.ThrowsAsync<RpcException>(
            () => client.EmbedImageAsync(new EmbedImageRequest { Image = Padded() }, deadline: deadline).ResponseAsync);

        Assert.Equal(
            (StatusCode.ResourceExhausted, "over the limit of 1000000 bytes of requests and answers held (half of Router:MaxBytes)"),
            (e.StatusCode, e.Status.Detail));
        Assert.Equal("100", e.Trailers.GetValue("grpc-retry-pushback-ms"));
        // Streams have the other half: one item fits, the next one is not read yet.
        using var stream = client.AnalyzeStream(deadline: deadline);
        Task Send(string id) => stream.RequestStream.WriteAsync(
            new AnalyzeStreamRequest { RequestId = id, Request = new AnalyzeRequest { Image = Padded() } }, TestContext.Current.CancellationToken);
        await Send("a");
        var waits = Send("b");
        await queue.Reached("backbone", 2, _patience);
        Assert.False(waits.IsCompleted);
        await held.DisposeAsync();
        await waits;
        await stream.RequestStream.CompleteAsync();
        var ids = new List<string>();
        await foreach (var answer in stream.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            Assert.NotNull(answer.Response);
            ids.Add(answer.RequestId);
        }
        Assert.Equal(["a", "b"], ids);
        Assert.NotNull((await first).Embedding);
    }
}
