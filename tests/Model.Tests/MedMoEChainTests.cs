using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Gating;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Text;
using MedMoE.Mesh.Model.Weights;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Model.Tests;

/// <summary>From the stored pixel values and reports through gate and experts, held against both golden bundles.</summary>
public sealed class MedMoEChainTests
{
    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Gates_Golden_EqualReference(Architecture architecture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var files = new GoldenBundle(architecture);
        using var golden = Golden.Open(files.Name);
        var bundle = files.Open();
        using var backbone = PyramidBackbone.Load(bundle, new TorchOptions());
        using var text = TextEmbedder.Load(bundle, new TorchOptions());
        using var network = BundleNetworks.LoadGate(bundle, backbone.Network.Config.FeatureDim);

        var pooled = backbone.Extract(Pixels(), (_, _) => { });
        var sentences = text.Encode(Reports(files.Name)).Sentences;

        Assertions.Near(golden["swin_feat"], pooled, Assertions.OneNetwork, "swin_feat");
        Assertions.Near(golden["sentence_embedding"], sentences, Assertions.OneNetwork, "sentence_embedding");
        AssertGate("image", pooled, network.ImageLogits(pooled));
        AssertGate("report", sentences, network.ReportLogits(sentences));

        void AssertGate(string gate, Tensor input, Tensor logits)
        {
            var expected = golden[$"gate.{gate}.probabilities"];
            Assertions.Near(expected, logits.softmax(1), Assertions.WholeChain, $"{gate} gate, the network");
            if (golden.Has("authors.router_probabilities") && gate == "image")
            {
                Assertions.Near(golden["authors.router_probabilities"], logits.softmax(1), Assertions.WholeChain, "the authors' router");
            }
            var scorer = GateScorer.Load(bundle, gate);
            for (var row = 0; row < 2; row++)
            {
                var decision = GateDecision.MostProbable(GatingPolicy.Image, scorer.Score(input[row].data<float>().ToArray()));
                Assertions.Near(expected[row], tensor(decision.Probabilities.ToArray()), Assertions.WholeChain, $"{gate} gate, the scorer");
                Assert.Equal(golden[$"gate.{gate}.selected"][row].item<long>(), decision.Expert);
            }
        }
    }

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Experts_Golden_EqualReference(Architecture architecture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var files = new GoldenBundle(architecture);
        using var golden = Golden.Open(files.Name);
        var bundle = files.Open();
        var pyramid = Pyramid(bundle);

        foreach (var entry in bundle.Manifest.Experts)
        {
            using var expert = Expert(bundle, entry.Name, frozen: true);
            var features = expert.Fuse(pyramid);
            var dense = Sampled(features.Dense().view(2, 56, 56, -1));
            Assertions.Near(golden[$"expert.{entry.Name}.local_sample"], dense, Assertions.WholeChain, $"{entry.Name}: local features");
            Assertions.Near(golden[$"expert.{entry.Name}.global"], features.Mean(), Assertions.WholeChain, $"{entry.Name}: global embedding");
            if (golden.Has($"expert.{entry.Name}.scale_attention"))
            {
                var weights = Sampled(features.ScaleWeights.transpose(1, 2).view(2, 56, 56, 4));
                Assertions.Near(golden[$"expert.{entry.Name}.scale_attention"], weights, Assertions.WholeChain, $"{entry.Name}: scale attention");
            }
        }
    }

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Words_Golden_EqualReference(Architecture architecture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var files = new GoldenBundle(architecture);
        using var golden = Golden.Open(files.Name);
        var bundle = files.Open();
        var settings = bundle.Manifest.Similarity;
        using var text = TextEmbedder.Load(bundle, new TorchOptions());
        var reports = Reports(files.Name);
        var encoded = text.Encode(reports);
        var pyramid = Pyramid(bundle);
        for (var row = 0; row < 2; row++)
        {
            var count = encoded.WordCounts[row];
            Assert.Equal(
                Golden.Json(files.Name, "io.json").GetProperty("words")[row].EnumerateArray().Select(w => w.GetString()),
                encoded.Tokens[row].Words.Select(w => reports[row][w.Start..w.End]));
            using var expert = Expert(bundle, bundle.Manifest.Experts[(int)golden["gate.report.selected"][row].item<long>()].Name, frozen: true);
            // Both images at once and the words padded, as a batch would have them.
            var features = expert.Fuse(pyramid);
            var words = encoded.Words[row].unsqueeze(0).expand(2, -1, -1);
            var grounded = WordAttention.Attend(features, words, [count, count], architecture, settings.AttentionTemperature);
            Tensor Own(Tensor batch) => batch[row].narrow(0, 0, count);

            Assertions.Near(golden[$"{row}.words"], encoded.Words[row].narrow(0, 0, count), Assertions.WholeChain, $"{row}: words");
            Assertions.Near(golden[$"{row}.global_embedding"], features.Mean()[row], Assertions.WholeChain, $"{row}: global embedding");
            Assertions.Near(golden[$"{row}.attention"], Own(grounded.Attention).view(count, 56, 56), Assertions.WholeChain, $"{row}: attention");
            Assertions.Near(golden[$"{row}.contexts"], Own(grounded.Contexts), Assertions.WholeChain, $"{row}: contexts");
            Assertions.Near(golden[$"{row}.word_similarity"], Own(grounded.Similarities), Assertions.WholeChain, $"{row}: word similarity");
            var local = Similarity.Local(grounded.Similarities, [count, count], settings.WordTemperature);
            Assertions.Near(golden[$"{row}.local_similarity"], local[row].view(1), Assertions.WholeChain, $"{row}: local similarity");
            var global = Similarity.Global(features.Mean(), encoded.Sentences[row].unsqueeze(0));
            Assertions.Near(golden[$"{row}.global_similarity"], global[row].view(1), Assertions.WholeChain, $"{row}: global similarity");
        }
    }

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Fuse_Batch_RowsEqualTheirSingleRuns(Architecture architecture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var files = new GoldenBundle(architecture);
        var bundle = files.Open();
        using var expert = Expert(bundle, "ct", frozen: true);
        var pyramid = Pyramid(bundle);
        var words = tensor(Formula.Input("words", 2, 5, 64), [2, 5, 64]);
        int[] counts = [5, 3];
        var together = WordAttention.Attend(expert.Fuse(pyramid), words, counts, architecture, 4);
        for (var row = 0; row < 2; row++)
        {
            var features = expert.Fuse([.. pyramid.Select(level => level.narrow(0, row, 1))]);
            var single = WordAttention.Attend(features, words[row].narrow(0, 0, counts[row]).unsqueeze(0), [counts[row]], architecture, 4);
            Assertions.Near(single.Contexts[0], together.Contexts[row].narrow(0, 0, counts[row]), Assertions.OneNetwork, $"contexts {row}");
            Assertions.Near(single.Attention[0], together.Attention[row].narrow(0, 0, counts[row]), Assertions.OneNetwork, $"attention {row}");
        }
    }

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void LocalFeatures_Factored_EqualDense(Architecture architecture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var files = new GoldenBundle(architecture);
        var bundle = files.Open();
        using var plain = Expert(bundle, "xray", frozen: false);
        using var frozen = Expert(bundle, "xray", frozen: true);
        var pyramid = Pyramid(bundle);
        var words = tensor(Formula.Input("words", 2, 5, 64), [2, 5, 64]);

        var factored = frozen.Fuse(pyramid);
        var dense = LocalFeatures.From(plain.Fuse(pyramid).Dense());

        Assertions.Near(dense.Dense(), factored.Dense(), 1e-5, "features");
        Assertions.Near(dense.Mean(), factored.Mean(), 1e-5, "mean");
        Assertions.Near(dense.Scores(words), factored.Scores(words), 1e-5, "scores");
        var maps = dense.Scores(words).softmax(2);
        Assertions.Near(dense.Contexts(maps), factored.Contexts(maps), 1e-5, "contexts");
    }

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Networks_Bf16_PointTheSameWay(Architecture architecture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var files = new GoldenBundle(architecture);
        using var golden = Golden.Open(files.Name);
        var bundle = files.Open();
        var options = new TorchOptions(Precision: Precision.Bf16);
        using var backbone = PyramidBackbone.Load(bundle, options);
        using var text = TextEmbedder.Load(bundle, options);
        var pyramid = new List<Tensor>();
        var pooled = backbone.Extract(Pixels().to(ScalarType.BFloat16), (_, level) => pyramid.Add(level));
        using var expert = BundleNetworks.LoadExpert(bundle, "ct");
        options.Place(expert);
        expert.Freeze();

        Assert.True(Close.Cosine(pooled, golden["swin_feat"]) >= 0.999);
        Assert.True(Close.Cosine(text.Encode(Reports(files.Name)).Sentences, golden["sentence_embedding"]) >= 0.999);
        var features = expert.Fuse(pyramid);
        Assert.True(Close.Cosine(features.Mean(), golden["expert.ct.global"]) >= 0.999);
        Assert.True(Close.Cosine(Sampled(features.Dense().view(2, 56, 56, -1)), golden["expert.ct.local_sample"]) >= 0.999);
    }

    private static ModalityExpert Expert(ModelBundle bundle, string name, bool frozen)
    {
        var expert = BundleNetworks.LoadExpert(bundle, name);
        expert.eval();
        if (frozen)
        {
            expert.Freeze();
        }
        return expert;
    }

    private static Tensor Pixels()
    {
        using var stored = Golden.Open("preprocessing");
        return cat([stored["gray8_512x640.pixel_values"], stored["rgb8_400x300.pixel_values"]]);
    }

    private static string[] Reports(string folder) =>
        [.. Golden.Json(folder, "io.json").GetProperty("reports").EnumerateArray().Select(r => r.GetString()!)];

    private static Tensor[] Pyramid(ModelBundle bundle)
    {
        using var backbone = PyramidBackbone.Load(bundle, new TorchOptions());
        var levels = new Tensor[PyramidBackbone.Levels];
        backbone.Extract(Pixels(), (level, features) => levels[level] = features);
        return levels;
    }

    private static Tensor Sampled(Tensor grid) => grid[.., TensorIndex.Slice(0, 56, 7), TensorIndex.Slice(0, 56, 7)];
}
