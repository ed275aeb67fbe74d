using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Swin;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Model.Tests;

public sealed class SwinTransformerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stages_Nano_EqualReference(bool frozen)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var golden = Golden.Open("swin-nano");
        using var network = Seeded("swin-nano", frozen);
        var pixels = tensor(Formula.Input("pixel_values", 2, 3, 224, 224), [2, 3, 224, 224]);

        var input = network.Embed(pixels);
        Assertions.Near(golden["hidden_states.0"], input.flatten(1, 2), Assertions.OneNetwork, "hidden_states.0");
        var output = input;
        for (var stage = 0; stage < 4; stage++)
        {
            output = network.Stage(stage, input);
            Assertions.Near(golden[$"stage{stage + 1}"], output, Assertions.OneNetwork, $"stage{stage + 1}");
            input = network.Merge(stage, output);
            Assertions.Near(golden[$"hidden_states.{stage + 1}"], input.flatten(1, 2), Assertions.OneNetwork, $"hidden_states.{stage + 1}");
        }
        var normalised = network.Normalise(output);
        Assertions.Near(golden["last_hidden_state"], normalised, Assertions.OneNetwork, "last_hidden_state");
        Assertions.Near(golden["pooler_output"], normalised.mean([1]), Assertions.OneNetwork, "pooler_output");
        Assertions.Near(golden["swin_feat"], normalised.mean([1]), Assertions.OneNetwork, "swin_feat");
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 1)]
    public void Extract_TinyByFormula_EqualsReference(int batch, int row)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var golden = Golden.Open("swin-tiny");
        using var backbone = new PyramidBackbone(Seeded("swin-tiny", frozen: true), Architecture.Paper);
        var levels = new List<Tensor>();
        // The reference's image among others.
        var pixels = tensor(Formula.Input("others", batch, 3, 224, 224), [batch, 3, 224, 224]);
        pixels[row] = tensor(Formula.Input("pixel_values", 1, 3, 224, 224), [3, 224, 224]);

        var pooled = backbone.Extract(pixels, (_, level) => levels.Add(level)).narrow(0, row, 1);
        levels = [.. levels.Select(level => level.narrow(0, row, 1))];

        Assertions.Near(golden["pooler_output"], pooled, Assertions.OneNetwork, "pooler_output");
        for (var stage = 0; stage < 4; stage++)
        {
            Assert.Equal(golden[$"stage{stage + 1}.shape"].data<long>().ToArray(), levels[stage].shape);
            var sampled = levels[stage].flatten().index_select(0, golden[$"stage{stage + 1}.index"]);
            Assertions.Near(golden[$"stage{stage + 1}.value"], sampled, Assertions.OneNetwork, $"stage{stage + 1}");
            Assertions.Near(golden[$"stage{stage + 1}.mean_abs"], levels[stage].abs().mean().view(1), Assertions.OneNetwork, $"stage{stage + 1} mean");
        }
    }

    [Fact]
    public void Extract_BothArchitectures_HandOverTheirLevelsInOrder()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var golden = Golden.Open("swin-nano");
        using var network = Seeded("swin-nano", frozen: true);
        var pixels = tensor(Formula.Input("pixel_values", 2, 3, 224, 224), [2, 3, 224, 224]);
        foreach (var architecture in Enum.GetValues<Architecture>())
        {
            var seen = new List<int>();
            new PyramidBackbone(network, architecture).Extract(pixels, (level, features) =>
            {
                seen.Add(level);
                var expected = architecture == Architecture.Paper ? golden[$"stage{level + 1}"] : golden[$"hidden_states.{level}"].view(features.shape);
                Assertions.Near(expected, features, Assertions.OneNetwork, $"{architecture} level {level}");
            });
            Assert.Equal([0, 1, 2, 3], seen);
        }
    }

    [Fact]
    public void Extract_Batch_RowsEqualTheirSingleRuns()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var backbone = new PyramidBackbone(Seeded("swin-nano", frozen: true), Architecture.Paper);
        var pixels = tensor(Formula.Input("rows", 3, 3, 224, 224), [3, 3, 224, 224]);
        List<Tensor> Levels(Tensor input)
        {
            var levels = new List<Tensor>();
            levels.Add(backbone.Extract(input, (_, level) => levels.Add(level)));
            return levels;
        }

        var together = Levels(pixels);

        for (var row = 0; row < 3; row++)
        {
            foreach (var (batch, single) in together.Zip(Levels(pixels.narrow(0, row, 1))))
            {
                Assertions.Near(single, batch.narrow(0, row, 1), 1e-6, $"row {row}");
            }
        }
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

        Assertions.Near(before, backbone.Extract(pixels, (_, _) => { }), 1e-6, "pooled");
    }

    private static SwinTransformer Seeded(string folder, bool frozen)
    {
        var network = new SwinTransformer(SwinConfig.Read(Golden.PathOf(folder, "config.json")));
        network.eval();
        Formula.Fill(network);
        if (frozen)
        {
            network.Freeze();
        }
        return network;
    }
}
