using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Gating;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Reference.Networks;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Model.Tests.Analysis;

/// <summary>The whole network from pixel values and reports through gate and experts, compared with both golden bundles.</summary>
public sealed class MedMoEChainTests
{
    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Gates_Golden_EqualReference(Architecture architecture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var chain = new ChainGolden(architecture, new TorchOptions());
        Assertions.Near(chain.Gates());
    }

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void GateScorer_Golden_EqualsReference(Architecture architecture)
    {
        using var scope = NewDisposeScope();
        using var files = new GoldenBundle(architecture);
        using var golden = Golden.Open(files.Name);
        AssertGate("image", golden["swin_feat"]);
        AssertGate("report", golden["sentence_embedding"]);

        void AssertGate(string gate, Tensor input)
        {
            var scorer = GateScorer.Load(files.Open(), gate);
            for (var row = 0; row < 2; row++)
            {
                var decision = GateDecision.MostProbable(GatingPolicy.Image, scorer.Score(input[row].data<float>().ToArray()));
                Assertions.Near(
                    golden[$"gate.{gate}.probabilities"][row], tensor(decision.Probabilities.ToArray()), Comparison.WholeChain, $"{gate} gate");
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
        using var chain = new ChainGolden(architecture, new TorchOptions());
        Assertions.Near(chain.Experts());
    }

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Words_Golden_EqualReference(Architecture architecture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var chain = new ChainGolden(architecture, new TorchOptions());
        Assertions.Near(chain.Words());
        var expected = Golden.Json($"medmoe-nano-{architecture.ToString().ToLowerInvariant()}", "io.json").GetProperty("words");
        Assert.All(chain.Reports.Index(), report => Assert.Equal(
            expected[report.Index].EnumerateArray().Select(word => word.GetString()),
            chain.Texts.Tokens[report.Index].Words.Select(word => report.Item[word.Start..word.End])));
    }

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Fuse_Batch_RowsEqualTheirSingleRuns(Architecture architecture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var chain = new ChainGolden(architecture, new TorchOptions());
        Assertions.Near(chain.Rows());
    }

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void LocalFeatures_Factored_EqualDense(Architecture architecture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var chain = new ChainGolden(architecture, new TorchOptions());
        using var plain = chain.Expert("xray", frozen: false);
        using var frozen = chain.Expert("xray");
        var words = tensor(Formula.Input("words", 2, 5, 64), [2, 5, 64]);

        var factored = frozen.Fuse(chain.Pyramid);
        var dense = LocalFeatures.From(plain.Fuse(chain.Pyramid).Dense());

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
        using var chain = new ChainGolden(architecture, new TorchOptions(Precision: Precision.Bf16));
        Assert.All(chain.Gates().Concat(chain.Experts()), value => Assert.True(value.Cosine >= 0.999, $"{value.Name}: cosine {value.Cosine}"));
    }
}
