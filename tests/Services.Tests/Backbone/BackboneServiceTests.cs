using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.Backbone;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Services.Tests.Backbone;

public sealed class BackboneServiceTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Architecture.Paper, DataType.Fp32, 1e-5)]
    [InlineData(Architecture.Paper, DataType.Unspecified, 1e-3)]
    [InlineData(Architecture.Reference, DataType.Fp32, 1e-5)]
    public async Task ExtractPyramid_ManyAtOnce_EqualTheNetwork(Architecture architecture, DataType type, double tolerance)
    {
        using var files = new GoldenBundle(architecture);
        await using var service = await RunningService.Start(BackboneApp.Create, files.Root);
        float[][] images = [Samples.Stored("gray8_512x640"), Samples.Stored("rgb8_400x300")];

        // Enough images that batches of several form.
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => Pyramids.Extract(service.Channel, type, Samples.Pixels(images[i % 2]), DateTime.UtcNow + _patience)));

        using var scope = NewDisposeScope();
        using var golden = Golden.Open(files.Name);
        using var backbone = PlacedNetworks.LoadBackbone(files.Open(), new TorchOptions());
        for (var i = 0; i < answers.Length; i++)
        {
            var levels = answers[i];
            Assert.Equal([0, 1, 2, 3], levels.Select(l => l.Level));
            Assert.All(levels.SkipLast(1), l => Assert.Null(l.Pooled));
            var expected = new Tensor[4];
            using (no_grad())
            {
                backbone.Extract(tensor(images[i % 2], [1, 3, 224, 224]), (level, features) => expected[level] = features);
            }
            foreach (var (level, features) in levels.Zip(expected))
            {
                long[] shape = features.shape[1..];
                var values = tensor(WireTensors.ToSingles(level.Features, "features", shape), shape);
                Assert.True(Close.RelativeError(values, features[0]) < tolerance, $"level {level.Level}");
            }
            var pooled = tensor(WireTensors.ToSingles(levels[3].Pooled, "pooled", 128));
            Assert.True(Close.RelativeError(pooled, golden["swin_feat"][i % 2]) < 1e-5);
            Assert.Equal(files.Open().Digest(BundlePart.Backbone), levels[3].Model.Digests["backbone"]);
        }
        Assert.Contains(answers, levels => levels[3].Timing.BatchSize > 1);
    }

    [Fact]
    public async Task ExtractPyramid_EncodedImage_EqualsPreparedPixels()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(BackboneApp.Create, files.Root);
        var file = await File.ReadAllBytesAsync(Golden.PathOf("preprocessing", "rgb8_400x300.png"), TestContext.Current.CancellationToken);

        var encoded = await Pyramids.Extract(
            service.Channel, DataType.Fp32, new Image { Encoded = ByteString.CopyFrom(file) }, DateTime.UtcNow + _patience);

        using var scope = NewDisposeScope();
        using var golden = Golden.Open(files.Name);
        // Resized pixels may differ by one level.
        Assert.True(Close.RelativeError(tensor(WireTensors.ToSingles(encoded[3].Pooled, "pooled", 128)), golden["swin_feat"][1]) < 1e-3);
    }

    [Fact]
    public async Task ExtractPyramid_BadImage_NamesTheField()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(BackboneApp.Create, files.Root, "--Backbone:MaxPixels=10000");
        async Task AssertRefused(Image? image, string message)
        {
            var e = await Assert.ThrowsAsync<RpcException>(
                () => Pyramids.Extract(service.Channel, new ExtractPyramidRequest { Image = image }, DateTime.UtcNow + _patience));
            Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
            Assert.StartsWith(message, e.Status.Detail);
        }
        var file = await File.ReadAllBytesAsync(Golden.PathOf("preprocessing", "rgb8_400x300.png"), TestContext.Current.CancellationToken);
        var nan = Samples.Stored("gray8_512x640");
        nan[77] = float.NaN;
        await AssertRefused(null, "image: is missing");
        await AssertRefused(new Image(), "image: is missing");
        await AssertRefused(new Image { Encoded = ByteString.CopyFromUtf8("hello") }, "image.encoded: not an image");
        await AssertRefused(new Image { Encoded = ByteString.CopyFrom(file) }, "image.encoded: image of 400×300 pixels, over the limit of 10000");
        await AssertRefused(
            new Image { Pixels = WireTensors.FromSingles(new float[12], DataType.Fp32, 3, 2, 2) }, "image.pixels: has shape [3, 2, 2]");
        await AssertRefused(Samples.Pixels(nan), "image.pixels: holds NaN");
    }

    [Theory]
    [InlineData(DataType.Fp32, 1e25f, "FP32")]
    [InlineData(DataType.Fp16, 1e25f, "FP16")]
    public async Task ExtractPyramid_PixelsThatOverflow_FailAlone(DataType type, float value, string told)
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(BackboneApp.Create, files.Root);
        await service.Ready();
        float[] large = [.. Enumerable.Repeat(value, 3 * 224 * 224)];
        using var waiting = new MetricSums("medmoe.queue.length");
        Task<PyramidLevel[]>[] calls;
        await using (new HeldModel(service))
        {
            // All of them are queued: one batch.
            calls = [.. Enumerable.Range(0, 4).Select(i => Pyramids.Extract(
                service.Channel, type, Samples.Pixels(i == 1 ? large : Samples.Stored("gray8_512x640")), DateTime.UtcNow + _patience))];
            await waiting.Reached("backbone", 4, _patience);
        }

        var e = await Assert.ThrowsAsync<RpcException>(() => calls[1]);

        Assert.Equal(
            (StatusCode.InvalidArgument, $"image: its values are too large: the network's output overflows {told}"),
            (e.StatusCode, e.Status.Detail));
        Assert.All(await Task.WhenAll(calls[0], calls[2], calls[3]), levels => Assert.Equal(4, levels[3].Timing.BatchSize));
    }

    [Fact]
    public async Task ExtractPyramid_MoreMemoryThanThereIsForImages_NamesTheLimit()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(BackboneApp.Create, files.Root, "--Backbone:MaxDecodingBytes=300000");

        var e = await Assert.ThrowsAsync<RpcException>(() => Pyramids.Extract(service.Channel, DataType.Fp16, deadline: DateTime.UtcNow + _patience));

        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Matches(@"^image.encoded: takes \d+ bytes to decode, over the limit of 300000 \(Backbone:MaxDecodingBytes\)$", e.Status.Detail);
    }

    [Fact]
    public async Task ExtractPyramid_BatchShortOfMemory_SendsEachLevelOnce()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(BackboneApp.Create, files.Root);
        await service.Ready();
        var model = service.Get<BackboneModel>();
        Task<PyramidLevel[]> innocent;
        Task greedy;
        using var waiting = new MetricSums("medmoe.queue.length");
        await using (new HeldModel(service))
        {
            innocent = Pyramids.Extract(service.Channel, DataType.Fp32, Samples.Fresh(), DateTime.UtcNow + _patience);
            await waiting.Reached("backbone", 1, _patience);
            greedy = model.Batcher.Submit(new PyramidRequest(new float[3 * 224 * 224], DataType.Fp32, new ShortOfMemory()));
        }

        await Assert.ThrowsAsync<InsufficientMemoryException>(() => greedy.WaitAsync(_patience));
        Assert.Equal([0, 1, 2, 3], (await innocent).Select(l => l.Level));
    }

    [Fact]
    public void MemoryFailure_OfLibtorchItself_IsOne()
    {
        var e = Record.Exception(() => empty([1L << 50]));
        Assert.True(MemoryFailure.Is(e!), e!.Message);
    }

    [Fact]
    public async Task ExtractPyramid_MessageOverTheLimit_IsRefused()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        await using var service = await RunningService.Start(BackboneApp.Create, files.Root, "--Serving:MaxMessageBytes=100000");
        var e = await Assert.ThrowsAsync<RpcException>(
            () => Pyramids.Extract(service.Channel, DataType.Fp16, Samples.Pixels(Samples.Stored("gray8_512x640")), DateTime.UtcNow + _patience));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
    }

    /// <summary>Throws an out-of-memory error at the second level.</summary>
    private sealed class ShortOfMemory : ChannelWriter<PyramidLevel>
    {
        public override bool TryWrite(PyramidLevel item) => item.Level == 0 ? true : throw new InsufficientMemoryException("test");

        public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) => new(true);
    }
}
