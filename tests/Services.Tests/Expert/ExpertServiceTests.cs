using Google.Protobuf;
using Grpc.Core;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Expert;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.ServicesUnderTest.Http2;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Services.Tests.Expert;

public sealed class ExpertServiceTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public async Task Localize_ManyAtOnce_EqualTheNetwork(Architecture architecture)
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Architecture = architecture });
        var images = new[] { "gray8_512x640", "rgb8_400x300" }.Select(Samples.Stored).ToArray();
        var pyramids = await Task.WhenAll(images.Select(i => Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp32, Samples.Pixels(i))));
        var header = new LocalizeHeader
        {
            Texts = { Query("a", 5), Query("b", 3) },
            ReturnAttention = true,
        };

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            Pyramids.Localize(mesh.Experts["ct"].Channel, pyramids[i % 2], DateTime.UtcNow + _patience, header)));

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var bundle = mesh.Files.Open();
        var settings = bundle.Manifest.Similarity;
        using var backbone = PlacedNetworks.LoadBackbone(bundle, new TorchOptions());
        using var expert = BundleNetworks.LoadExpert(bundle, "ct");
        expert.eval();
        for (var i = 0; i < answers.Length; i++)
        {
            var levels = new Tensor[4];
            backbone.Extract(tensor(images[i % 2], [1, 3, 224, 224]), (level, features) => levels[level] = features);
            var features = expert.Fuse(levels);
            Near(features.Mean(), WireTensors.ToSingles(answers[i].ImageEmbedding, "", 64));
            foreach (var (query, grounding) in header.Texts.Zip(answers[i].Texts))
            {
                var count = (int)query.WordEmbeddings.Shape[0];
                var words = tensor(WireTensors.ToSingles(query.WordEmbeddings, "", -1, 64), [1, count, 64]);
                var grounded = WordAttention.Attend(features, words, [count], architecture, settings.AttentionTemperature);
                Near(grounded.Attention, WireTensors.ToSingles(grounding.Attention, "", count, 56, 56));
                Near(grounded.Similarities, [.. grounding.Words.Select(w => w.Similarity)]);
                Near(Similarity.Local(grounded.Similarities, [count], settings.WordTemperature), [grounding.LocalSimilarity]);
                Near(grounded.Attention.argmax(2).to(ScalarType.Float32), [.. grounding.Words.Select(w => (float)((w.PeakRow * 56) + w.PeakColumn))]);
            }
        }
        Assert.Contains(answers, a => a.Timing.BatchSize > 1);
    }

    [Fact]
    public async Task Localize_BadMessages_NameTheField()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Experts = ["Expert:MaxWords=10"] });
        var levels = (await Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp32)).Select(l => new LocalizeRequest { Level = l }).ToArray();
        var header = new LocalizeRequest { Header = new LocalizeHeader { Texts = { Query("a", 2) } } };
        async Task AssertRefused(string message, params LocalizeRequest[] messages)
        {
            var e = await Assert.ThrowsAsync<RpcException>(() => Pyramids.Send(mesh.Experts["ct"].Channel, messages, DateTime.UtcNow + _patience));
            Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
            Assert.StartsWith(message, e.Status.Detail);
        }
        LocalizeRequest Changed(int level, Action<PyramidLevel> change)
        {
            var changed = levels[level].Clone();
            change(changed.Level);
            return changed;
        }
        LocalizeRequest WithText(Action<TextQuery> change)
        {
            var changed = header.Clone();
            change(changed.Header.Texts[0]);
            return changed;
        }
        await AssertRefused("header: is missing");
        await AssertRefused("part: is missing", new LocalizeRequest());
        await AssertRefused("header: is missing: it must be sent before the levels", levels[0], header);
        await AssertRefused("header: was sent twice", header, header);
        await AssertRefused("level: 3 received, expected 4", header, levels[0], levels[1], levels[2]);
        await AssertRefused("level.level: is 2, expected 1", header, levels[0], levels[2]);
        await AssertRefused("level.level: is 0, expected 1", header, levels[0], levels[0]);
        await AssertRefused("level.level: is 4, after all levels have been received", [header, .. levels, Changed(3, l => l.Level = 4)]);
        await AssertRefused("level.notes: are more than 8", header, Changed(0, l => l.Notes.AddRange(Enumerable.Repeat("dark", 9))));
        await AssertRefused("level.notes: are more than 8, or one is longer than 500", header, Changed(0, l => l.Notes.Add(new string('x', 501))));
        await AssertRefused("level.features of level 0: is missing", header, Changed(0, l => l.Features = null));
        await AssertRefused(
            "level.features of level 1: has shape [56, 56, 16], expected [28, 28, 32]",
            header, levels[0], Changed(1, l => l.Features = levels[0].Level.Features));
        // The sides must match the bundle's image size; other consistent sizes could cost any amount of work.
        await AssertRefused(
            "level: has 16588831 bytes, over the limit of 1249280: level 0 of this model is [56, 56, 16]",
            header, Changed(0, l => l.Features = WireTensors.FromSingles(new float[720 * 720 * 16], DataType.Fp16, 720, 720, 16)));
        await AssertRefused(
            "level.features of level 0: has shape [56, 28, 16], expected [56, 56, 16]", header, Changed(0, l => l.Features.Shape[1] = 28));
        await AssertRefused(
            "level.features of level 0: has 4 bytes", header, Changed(0, l => l.Features.Data = Google.Protobuf.ByteString.CopyFrom(1, 2, 3, 4)));
        await AssertRefused(
            "level.features: holds NaN", header, Changed(0, l => l.Features = WireTensors.FromSingles(Nan(56 * 56 * 16), DataType.Fp16, 56, 56, 16)));
        await AssertRefused(
            "level.features: holds NaN", header, Changed(0, l => l.Features = WireTensors.FromSingles(Nan(56 * 56 * 16), DataType.Bf16, 56, 56, 16)));
        await AssertRefused("header.texts[0].sentence: is missing", WithText(t => t.Sentence = null));
        await AssertRefused(
            "header.texts[0].word_embeddings: has no words", WithText(t => t.WordEmbeddings = WireTensors.FromSingles([], DataType.Fp32, 0, 64)));
        await AssertRefused("header.texts: have 11 words, over the limit of 10", WithText(t => t.WordEmbeddings = Query("a", 11).WordEmbeddings));
        await AssertRefused(
            "header.texts[0].word_embeddings: has 669 words, over the limit of 668 (Expert:MaxAttentionBytes)",
            WithText(t => t.WordEmbeddings = Query("a", 669).WordEmbeddings));
        await AssertRefused(
            "header.texts[0].word_embeddings: its values are too large",
            WithText(t => t.WordEmbeddings = WireTensors.FromSingles([.. Enumerable.Repeat(1e30f, 64)], DataType.Fp32, 1, 64)));
        await AssertRefused(
            "header.texts[0].sentence: its values are too large",
            WithText(t => t.Sentence = WireTensors.FromSingles([.. Enumerable.Repeat(3.4e38f, 64)], DataType.Fp32, 64)));
        await AssertRefused("header.data_type: 9 is none of", new LocalizeRequest { Header = new LocalizeHeader { DataType = (DataType)9 } });
        // It still answers.
        Assert.Single((await Pyramids.Send(mesh.Experts["ct"].Channel, [header, .. levels], DateTime.UtcNow + _patience)).Texts);
    }

    [Fact]
    public async Task Localize_TooManyOpenCalls_AreRefusedBeforeAnyWork()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Experts = ["Expert:MaxBatchSize=1", "Expert:QueueCapacity=1"] });
        var client = new ExpertService.ExpertServiceClient(mesh.Experts["ct"].Channel);
        var levels = await Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16);
        using var first = client.Localize(deadline: DateTime.UtcNow + _patience);
        using var second = client.Localize(deadline: DateTime.UtcNow + _patience);
        using var runs = MetricSums.ModelRuns();
        foreach (var call in new[] { first, second })
        {
            await call.RequestStream.WriteAsync(new LocalizeRequest { Header = new LocalizeHeader() }, TestContext.Current.CancellationToken);
            await call.RequestStream.WriteAsync(new LocalizeRequest { Level = levels[0] }, TestContext.Current.CancellationToken);
        }
        // Both are open now: a level of each has been projected.
        await runs.Reached("experts/ct", 2, _patience);

        var e = await Assert.ThrowsAsync<RpcException>(() => Pyramids.Localize(mesh.Experts["ct"].Channel, levels, DateTime.UtcNow + _patience));

        Assert.Equal((StatusCode.ResourceExhausted, "100"), (e.StatusCode, e.Trailers.GetValue("grpc-retry-pushback-ms")));
        // Capacity is free again when a call has ended.
        await first.RequestStream.CompleteAsync();
        await Assert.ThrowsAsync<RpcException>(() => first.ResponseAsync);
        Assert.NotNull(await Pyramids.Localize(mesh.Experts["ct"].Channel, levels, DateTime.UtcNow + _patience));
    }

    [Fact]
    public async Task Localize_AllPlacesOfAnotherCaller_GetsOne()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Experts = ["Expert:MaxBatchSize=1", "Expert:QueueCapacity=1"] });
        var levels = await Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16);
        ExpertCall Complete()
        {
            var call = new ExpertCall(mesh.Experts["ct"].Get<ExpertModel>(), deadline: null, TestContext.Current.CancellationToken);
            call.Begin(new LocalizeHeader());
            Array.ForEach(levels, call.Add);
            return call;
        }
        using var first = Complete();
        using var second = Complete();

        var other = await Pyramids.Localize(
            mesh.Experts["ct"].Channel, levels, DateTime.UtcNow + _patience, headers: new Metadata { { "medmoe-share", "other;1;normal" } });

        Assert.NotNull(other.ImageEmbedding);
        // The last of the one who has more is ended, although all of it has come.
        var e = await Assert.ThrowsAsync<QueueFullException>(second.Finish);
        Assert.Equal("the queue of 2 requests is full; try again in 100 ms", e.Message);
        Assert.NotNull((await first.Finish()).ImageEmbedding);
    }

    [Fact]
    public async Task Localize_ManyCallsThatFailMidway_LeaveEveryPlaceFree()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Experts = ["Expert:MaxBatchSize=1", "Expert:QueueCapacity=2"] });
        var levels = (await Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16)).Select(l => new LocalizeRequest { Level = l }).ToArray();
        var header = new LocalizeRequest { Header = new LocalizeHeader() };
        // Each leaves a level in the queue when it fails.
        await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
        {
            for (var i = 0; i < 30; i++)
            {
                await Assert.ThrowsAsync<RpcException>(
                    () => Pyramids.Send(mesh.Experts["ct"].Channel, [header, levels[0], header], DateTime.UtcNow + _patience));
            }
        }));

        // The maximum number of open calls, even if the model has not yet freed the tensors of the failed ones.
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => Pyramids.Send(mesh.Experts["ct"].Channel, [header, .. levels], DateTime.UtcNow + _patience)));

        Assert.All(answers, answer => Assert.NotNull(answer.ImageEmbedding));
    }

    [Fact]
    public async Task Localize_NextMessageDoesNotCome_Ends()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Experts = ["Expert:MessageTimeout=00:00:00.05"] });
        using var call = new ExpertService.ExpertServiceClient(mesh.Experts["ct"].Channel).Localize(deadline: DateTime.UtcNow + _patience);
        var e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(
            (StatusCode.DeadlineExceeded, "no message received for 0.05 s (Expert:MessageTimeout)"), (e.StatusCode, e.Status.Detail));
    }

    [Fact]
    public async Task Localize_MessageLargerThanAnyLevel_IsRefusedBeforeItHasCome()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var address = mesh.Experts["ct"].Address;
        await using var connection = await RawConnection.Open(address);
        var header = RawCall.Framed(new LocalizeRequest { Header = new LocalizeHeader { Texts = { Query("a", 5) } } }.ToByteArray());
        // Only the prefix. The largest level, 56² positions of 16 channels in FP32, has 200,704 bytes; a megabyte is left for the other fields.
        byte[] prefix = [0, .. BitConverter.GetBytes(2_000_000).Reverse()];

        var answer = await connection.Call("/medmoe.mesh.v1.ExpertService/Localize", [.. header, .. prefix], end: false).Answer();

        Assert.Equal(
            (StatusCode.InvalidArgument, "level: has 2000005 bytes, over the limit of 1249280: level 0 of this model is [56, 56, 16]"),
            (answer.Code, answer.Message));
    }

    [Fact]
    public async Task Localize_MoreWordsThanAreHeldAtOnce_EachTextAsIfAlone()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var levels = await Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp32);
        TextQuery[] texts = [.. Enumerable.Range(0, 70).Select(i => Query($"text {i}", 23)), Query("long", 600)];
        var together = await Pyramids.Localize(
            mesh.Experts["ct"].Channel, levels, DateTime.UtcNow + _patience, new LocalizeHeader { Texts = { texts } });
        Assert.Equal(texts.Length, together.Texts.Count);
        foreach (var i in new[] { 0, 28, 29, 58, 69, 70 })
        {
            var alone = await Pyramids.Localize(
                mesh.Experts["ct"].Channel, levels, DateTime.UtcNow + _patience, new LocalizeHeader { Texts = { texts[i] } });
            Assert.Equal(alone.Texts[0].LocalSimilarity, together.Texts[i].LocalSimilarity, 1e-4);
            Assert.Equal(alone.Texts[0].GlobalSimilarity, together.Texts[i].GlobalSimilarity, 1e-5);
            Assert.Equal(alone.Texts[0].Words.Count, together.Texts[i].Words.Count);
        }
    }

    [Fact]
    public async Task Localize_EndedOrAbandoned_KeepsNoTensor()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var levels = await Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16);
        async Task Calls(int calls)
        {
            for (var i = 0; i < calls; i++)
            {
                await Pyramids.Localize(mesh.Experts["ct"].Channel, levels, DateTime.UtcNow + _patience);
                await Assert.ThrowsAsync<RpcException>(() => Pyramids.Localize(mesh.Experts["ct"].Channel, levels[..2], DateTime.UtcNow + _patience));
            }
            // Runs after all steps that they have left, and frees its own tensors.
            var model = mesh.Experts["ct"].Get<ExpertModel>();
            await model.WarmUp(TestContext.Current.CancellationToken);
            await model.Batcher.Submit(new GroundTexts(new ExpertState(model.Hold()), new EncodedQueries([], [], []), new AnswerParts()));
        }
        await Calls(20);
        // The count is that of the whole process, and tests before may still free theirs. What waits for a finalizer is freed now and not at the end.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var live = long.MaxValue;
        for (var round = 0; live > TorchSharp.torch.Tensor.TotalCount; round++)
        {
            Assert.True(round < 10, "the number of tensors keeps changing");
            live = TorchSharp.torch.Tensor.TotalCount;
            await Calls(20);
        }
        await Calls(40);
        Assert.Equal(live, TorchSharp.torch.Tensor.TotalCount);
    }

    [Fact]
    public async Task Localize_ManyHeadersWithoutALevel_HoldNoPlace()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Experts = ["Expert:MaxBatchSize=1", "Expert:QueueCapacity=1"] });
        var client = new ExpertService.ExpertServiceClient(mesh.Experts["ct"].Channel);
        var levels = await Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp16);
        var silent = Enumerable.Range(0, 50).Select(_ => client.Localize(deadline: DateTime.UtcNow + _patience)).ToArray();
        foreach (var call in silent)
        {
            await call.RequestStream.WriteAsync(
                new LocalizeRequest { Header = new LocalizeHeader { Texts = { Query("a", 5) } } }, TestContext.Current.CancellationToken);
        }

        for (var i = 0; i < 10; i++)
        {
            Assert.NotNull(await Pyramids.Localize(mesh.Experts["ct"].Channel, levels, DateTime.UtcNow + _patience));
        }

        Array.ForEach(silent, call => call.Dispose());
    }

    [Theory]
    [InlineData(3.4e38f)]
    [InlineData(1e30f)]
    public async Task Localize_FeaturesThatOverflow_FailAlone(float value)
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var good = await Pyramids.Extract(mesh.Backbone.Channel, DataType.Fp32);
        PyramidLevel[] bad = [.. good.Select(l => l.Clone())];
        foreach (var level in bad)
        {
            level.Features = WireTensors.FromSingles(
                [.. Enumerable.Repeat(value, level.Features.Data.Length / 4)], DataType.Fp32, [.. level.Features.Shape]);
        }
        var header = new LocalizeHeader { Texts = { Query("a", 5) }, ReturnAttention = true, ReturnLocalFeatures = true };
        Task<LocalizeResponse> Localize(PyramidLevel[] levels) =>
            Pyramids.Localize(mesh.Experts["ct"].Channel, levels, DateTime.UtcNow + _patience, header);

        var calls = Enumerable.Range(0, 8).Select(i => Localize(i % 2 == 0 ? bad : good)).ToArray();

        for (var i = 0; i < calls.Length; i++)
        {
            if (i % 2 == 0)
            {
                var e = await Assert.ThrowsAsync<RpcException>(() => calls[i]);
                Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
                Assert.StartsWith("level.features: its values are too large", e.Status.Detail);
            }
            else
            {
                Assert.InRange((await calls[i]).Texts[0].GlobalSimilarity, -1, 1);
            }
        }
    }

    [Fact]
    public async Task Localize_AnswerOverTheLimit_IsRefusedBeforeAnyWork()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Experts = ["Expert:MaxAnswerBytes=1000000"] });
        using var runs = MetricSums.ModelRuns();
        var header = new LocalizeHeader
        {
            Texts = { Query("a", 60), Query("b", 40) },
            ReturnAttention = true,
            ReturnLocalFeatures = true,
            DataType = DataType.Fp16,
        };

        var e = await Assert.ThrowsAsync<RpcException>(() => Pyramids.Localize(mesh.Experts["ct"].Channel, [], DateTime.UtcNow + _patience, header));

        // (100 words and 64 dimensions) at 56 × 56 positions, 2 bytes each.
        Assert.Equal(
            (StatusCode.InvalidArgument,
             "header: asks for attention and local features of 1028608 bytes, over the limit of 1000000 (Expert:MaxAnswerBytes)"),
            (e.StatusCode, e.Status.Detail));
        Assert.Equal(0, runs.Total);
    }

    private static float[] Nan(int length)
    {
        var values = new float[length];
        values[length - 1] = float.NaN;
        return values;
    }

    private static TextQuery Query(string name, int words) => new()
    {
        Sentence = WireTensors.FromSingles(Formula.Input(name + " sentence", 64), DataType.Fp32, 64),
        WordEmbeddings = WireTensors.FromSingles(Formula.Input(name, words, 64), DataType.Fp32, words, 64),
    };

    private static void Near(Tensor expected, float[] actual)
    {
        using var scope = NewDisposeScope();
        var error = Close.RelativeError(tensor(actual), expected.flatten());
        Assert.True(error < 1e-5, $"relative error {error}");
    }
}
