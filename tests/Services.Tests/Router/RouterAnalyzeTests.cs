using Grpc.Core;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Analysis;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Services.Tests.Router;

public sealed class RouterAnalyzeTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Architecture.Paper, DataType.Fp32, 1e-5)]
    [InlineData(Architecture.Paper, DataType.Fp16, 1e-3)]
    [InlineData(Architecture.Reference, DataType.Fp32, 1e-5)]
    [InlineData(Architecture.Reference, DataType.Fp16, 1e-3)]
    public async Task Analyze_GoldenImages_EqualsOneProcess(Architecture architecture, DataType pyramids, double tolerance)
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Architecture = architecture, Router = [$"Router:PyramidType={pyramids}"] });
        using var analyzer = new ImageAnalyzer(mesh.Files.Open(), new TorchOptions());
        foreach (var (file, report) in Samples.Files.SelectMany(f => Samples.Reports.Append(null).Select(r => (f, r))))
        {
            var expected = analyzer.Analyze(Samples.Bytes(file), report, Bundle.Gating.GatingPolicy.Auto);

            var answer = await mesh.Client.AnalyzeAsync(
                new AnalyzeRequest { Image = Samples.Encoded(file), Report = report ?? "", ReturnAttention = true },
                deadline: DateTime.UtcNow + _patience);

            Assert.Equal(expected.Gate.Expert, answer.Gate.Expert);
            Assert.Equal(expected.Gate.Policy.ToString(), answer.Gate.Policy.ToString());
            Near(tolerance, [.. expected.Gate.Probabilities.Values], [.. expected.Gate.Probabilities.Keys.Select(k => answer.Gate.Probabilities[k])]);
            Assert.Equal(expected.Gate.Others.Select(o => o.Expert), answer.OtherGates.Select(o => o.Expert));
            Near(tolerance, expected.ImageEmbedding, WireTensors.ToSingles(answer.ImageEmbedding, "", expected.ImageEmbedding.Length));
            Assert.Equal(expected.Digests.OrderBy(d => d.Key), answer.Model.Digests.OrderBy(d => d.Key));
            Assert.Equal(expected.ModelVersion, answer.Model.ModelVersion);
            Assert.Equal(report is null, answer.Report is null);
            if (expected.Text is { } text)
            {
                var grounding = answer.Report!.Grounding;
                Near(tolerance, [text.GlobalSimilarity, text.LocalSimilarity], [grounding.GlobalSimilarity, grounding.LocalSimilarity]);
                Assert.Equal(text.Words.Select(w => (w.Word, w.Start, w.End)), answer.Report.Words.Select(w => (w.Text, w.Start, w.End)));
                Near(tolerance, [.. text.Words.Select(w => w.Similarity)], [.. grounding.Words.Select(w => w.Similarity)]);
                // Not printed by analyze. A softmax of temperature · score: with the large scores of random weights, fp16's errors grow in it.
                Near(
                    5 * tolerance, [.. text.Words.SelectMany(w => w.Attention)],
                    WireTensors.ToSingles(grounding.Attention, "", text.Words.Count, 56, 56));
            }
        }
    }

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public async Task Analyze_StoredPixels_EqualsTheGolden(Architecture architecture)
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan { Architecture = architecture, Router = ["Router:PyramidType=Fp32"] });
        using var scope = NewDisposeScope();
        using var golden = Golden.Open(mesh.Files.Name);
        for (var row = 0; row < 2; row++)
        {
            var answer = await mesh.Client.AnalyzeAsync(new AnalyzeRequest
            {
                Image = Samples.Pixels(Samples.Stored(Path.GetFileNameWithoutExtension(Samples.Files[row]))),
                Report = Samples.Reports[row],
                ReturnAttention = true,
                ReturnLocalFeatures = true,
            }, deadline: DateTime.UtcNow + _patience);
            var words = answer.Report.Words.Count;
            void Near(string name, Tensor actual) =>
                Assert.True(Close.RelativeError(actual.view(golden[name].shape), golden[name]) < 1e-4, $"{row}: {name}");
            Near($"{row}.global_embedding", tensor(WireTensors.ToSingles(answer.ImageEmbedding, "", -1)));
            Near($"{row}.attention", tensor(WireTensors.ToSingles(answer.Report.Grounding.Attention, "", words, 56, 56)));
            Near($"{row}.word_similarity", tensor(answer.Report.Grounding.Words.Select(w => w.Similarity).ToArray()));
            Near($"{row}.global_similarity", tensor(answer.Report.Grounding.GlobalSimilarity));
            Near($"{row}.local_similarity", tensor(answer.Report.Grounding.LocalSimilarity));
            var dense = tensor(WireTensors.ToSingles(answer.LocalFeatures, "", 56, 56, -1), [56, 56, 64]);
            var sample = golden[$"expert.{answer.Gate.Expert}.local_sample"][row];
            var sampled = dense[TensorIndex.Slice(null, null, 7), TensorIndex.Slice(null, null, 7)];
            Assert.True(Close.RelativeError(sampled.reshape(sample.shape), sample) < 1e-4, $"{row}: local features");
        }
    }

    [Fact]
    public async Task Analyze_Phrases_EachAsIfAlone()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        string[] phrases = ["right lung", "no pneumothorax", "right lung"];
        var request = new AnalyzeRequest
        {
            Image = Samples.Encoded(Samples.Files[0]),
            Report = Samples.Reports[0],
            Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "CT" },
        };
        var alone = await mesh.Client.AnalyzeAsync(request, deadline: DateTime.UtcNow + _patience);
        request.Phrases.AddRange(phrases);

        var together = await mesh.Client.AnalyzeAsync(request, deadline: DateTime.UtcNow + _patience);

        Assert.Equal(("ct", GatingPolicy.Explicit), (together.Gate.Expert, together.Gate.Policy));
        Assert.Equal([GatingPolicy.Report, GatingPolicy.Image], together.OtherGates.Select(g => g.Policy));
        Assert.Equal(["right", "lung"], together.Phrases[0].Words.Select(w => w.Text));
        Assert.Equal(together.Phrases[0], together.Phrases[2]);
        Near(1e-5, [alone.Report.Grounding.LocalSimilarity], [together.Report.Grounding.LocalSimilarity]);
        request.Report = "";
        request.Phrases.Clear();
        request.Phrases.Add(phrases[1]);
        var one = await mesh.Client.AnalyzeAsync(request, deadline: DateTime.UtcNow + _patience);
        Near(1e-5, [one.Phrases[0].Grounding.LocalSimilarity], [together.Phrases[1].Grounding.LocalSimilarity]);
    }

    [Fact]
    public async Task Analyze_BadRequest_NamesTheField()
    {
        await using var mesh = await RunningMesh.Start(new MeshPlan());
        var image = Samples.Encoded(Samples.Files[0]);
        async Task AssertRefused(AnalyzeRequest request, string message)
        {
            var e = await Assert.ThrowsAsync<RpcException>(
                () => mesh.Client.AnalyzeAsync(request, deadline: DateTime.UtcNow + _patience).ResponseAsync);
            Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
            Assert.StartsWith(message, e.Status.Detail);
            // Machine-readable, as well.
            Assert.Equal(message.Split(':')[0], e.FieldFault()!.Field);
        }
        await AssertRefused(new AnalyzeRequest { Report = "mass" }, "image: is missing");
        await AssertRefused(new AnalyzeRequest { Image = new Image { Encoded = Google.Protobuf.ByteString.Empty } }, "image.encoded: is empty");
        await AssertRefused(
            new AnalyzeRequest { Image = new Image { Encoded = Google.Protobuf.ByteString.CopyFromUtf8("hello") }, Report = "mass" },
            "image.encoded: not an image");
        await AssertRefused(new AnalyzeRequest { Image = image, Report = "\n " }, "report: no words in it");
        await AssertRefused(
            new AnalyzeRequest { Image = image, Report = "mass", Phrases = { "lung", "\u0000\u0001" } }, "phrases[1]: no words in it");
        await AssertRefused(
            new AnalyzeRequest { Image = image, Gating = new Gating { Policy = GatingPolicy.Report } }, "gating.policy: REPORT needs a report");
        await AssertRefused(
            new AnalyzeRequest { Image = image, Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "dental" } },
            "gating.expert: \"dental\" is not one of the experts: ");
        await AssertRefused(
            new AnalyzeRequest { Image = image, Gating = new Gating { Expert = "mri" } }, "gating.expert: needs the policy EXPLICIT");
        await AssertRefused(
            new AnalyzeRequest { Image = image, Gating = new Gating { Policy = (GatingPolicy)9 } }, "gating.policy: 9 is not a policy");
        await AssertRefused(new AnalyzeRequest { Image = image, DataType = (DataType)9 }, "data_type: 9 is none of");
        // The caller's value is quoted, but cut so that the answer's header stays within HTTP/2's limits.
        await AssertRefused(
            new AnalyzeRequest { Image = image, Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = new string('é', 50_000) } },
            "gating.expert: \"ééé");
        var dims = new WireTensor { DataType = DataType.Fp32, Shape = { Enumerable.Repeat(1L, 40_000) } };
        await AssertRefused(new AnalyzeRequest { Image = new Image { Pixels = dims } }, "image.pixels: has shape [1, 1, 1");
        // It still answers.
        Assert.NotNull((await mesh.Client.AnalyzeAsync(new AnalyzeRequest { Image = image }, deadline: DateTime.UtcNow + _patience)).ImageEmbedding);
    }

    private static void Near(double tolerance, float[] expected, float[] actual)
    {
        using var scope = NewDisposeScope();
        var error = Close.RelativeError(tensor(actual), tensor(expected));
        Assert.True(error < tolerance, $"relative error {error}");
    }
}
