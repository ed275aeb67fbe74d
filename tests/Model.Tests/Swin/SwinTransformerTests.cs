using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Reference.Networks;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Model.Tests.Swin;

public sealed class SwinTransformerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stages_Nano_EqualReference(bool frozen)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Assertions.Near(SwinGolden.Nano(new TorchOptions(), frozen));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 1)]
    public void Extract_TinyByFormula_EqualsReference(int batch, int row)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Assertions.Near(SwinGolden.Tiny(new TorchOptions(), batch, row));
    }

    [Fact]
    public void Extract_BothArchitectures_HandOverTheirLevelsInOrder()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var golden = Golden.Open("swin-nano");
        using var network = SwinGolden.Network("swin-nano", new TorchOptions());
        var pixels = SwinGolden.Pixels("pixel_values", 2);
        foreach (var architecture in Enum.GetValues<Architecture>())
        {
            var seen = new List<int>();
            new PyramidBackbone(network, architecture).Extract(pixels, (level, features) =>
            {
                seen.Add(level);
                var expected = architecture == Architecture.Paper
                    ? golden[$"stage{level + 1}"]
                    : golden[$"hidden_states.{level}"].view(features.shape);
                Assertions.Near(expected, features, Comparison.OneNetwork, $"{architecture} level {level}");
            });
            Assert.Equal([0, 1, 2, 3], seen);
        }
    }

    [Fact]
    public void Extract_Batch_RowsEqualTheirSingleRuns()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Assertions.Near(SwinGolden.Rows(new TorchOptions()));
    }

    [Theory]
    [InlineData(96, 4)] // stages of 24, 12, 6, 3 tokens: windows pad, and the last stages are smaller than one
    [InlineData(100, 7)] // 25, 13, 7, 4: merging pads odd sides
    [InlineData(384, 12)]
    public void Freeze_AnySize_ChangesNothing(int imageSize, int window)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var config = new SwinConfig(imageSize, 4, 3, 8, [2, 2, 2, 2], [1, 2, 4, 8], window, 4, true, 1e-5);
        using var backbone = new PyramidBackbone(new SwinTransformer(config), Architecture.Paper);
        Formula.Fill(backbone.Network);
        var pixels = tensor(Formula.Input("pixels", 1, 3, imageSize, imageSize), [1, 3, imageSize, imageSize]);
        var sides = new List<long>();
        var before = backbone.Extract(pixels, (_, level) => sides.Add(level.shape[1]));
        Assert.Equal(PyramidBackbone.LevelSides(config).Select(s => (long)s), sides);

        backbone.Network.Freeze();

        Assertions.Near(before, backbone.Extract(pixels, (_, _) => { }), Comparison.SingleRun, "pooled");
    }
}
