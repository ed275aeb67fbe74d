using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Swin;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Reference.Networks;

/// <summary>The Swin Transformer compared with <c>swin-nano</c> and <c>swin-tiny</c>.</summary>
public static class SwinGolden
{
    /// <param name="folder"><c>swin-nano</c> or <c>swin-tiny</c>.</param>
    /// <param name="options">Device and precision.</param>
    /// <param name="frozen">Whether prepared for inference.</param>
    public static SwinTransformer Network(string folder, TorchOptions options, bool frozen = true)
    {
        var network = new SwinTransformer(SwinConfig.Read(Golden.PathOf(folder, "config.json")));
        Formula.Fill(network);
        options.Place(network);
        if (frozen)
        {
            network.Freeze();
        }
        return network;
    }

    /// <summary>An input by formula, [batch, 3, 224, 224].</summary>
    public static Tensor Pixels(string name, int batch) => tensor(Formula.Input(name, batch, 3, 224, 224), [batch, 3, 224, 224]);

    /// <summary>Compares every stage of the small network, merged and not, and the pooled output.</summary>
    public static IReadOnlyList<Comparison> Nano(TorchOptions options, bool frozen = true)
    {
        using var golden = Golden.Open("swin-nano");
        using var network = Network("swin-nano", options, frozen);
        var results = new List<Comparison>();
        void Compare(string name, Tensor actual) => results.Add(new(name, golden[name], actual, Comparison.OneNetwork));

        var input = network.Embed(options.Upload(Pixels("pixel_values", 2)));
        Compare("hidden_states.0", input.flatten(1, 2));
        var output = input;
        for (var stage = 0; stage < PyramidBackbone.Levels; stage++)
        {
            output = network.Stage(stage, input);
            Compare($"stage{stage + 1}", output);
            input = network.Merge(stage, output);
            Compare($"hidden_states.{stage + 1}", input.flatten(1, 2));
        }
        var normalised = network.Normalise(output);
        Compare("last_hidden_state", normalised);
        Compare("pooler_output", normalised.mean([1]));
        Compare("swin_feat", normalised.mean([1]));
        return results;
    }

    /// <summary>Compares samples of a full Swin-T's levels, with its image in a batch of others.</summary>
    public static IReadOnlyList<Comparison> Tiny(TorchOptions options, int batch, int row)
    {
        using var golden = Golden.Open("swin-tiny");
        using var backbone = new PyramidBackbone(Network("swin-tiny", options), Architecture.Paper);
        var levels = new List<Tensor>();
        var pixels = Pixels("others", batch);
        pixels[row] = Pixels("pixel_values", 1)[0];

        var pooled = backbone.Extract(options.Upload(pixels), (_, level) => levels.Add(level)).narrow(0, row, 1);

        var results = new List<Comparison> { new("pooler_output", golden["pooler_output"], pooled, Comparison.OneNetwork) };
        for (var stage = 0; stage < levels.Count; stage++)
        {
            var (name, level) = ($"stage{stage + 1}", levels[stage].narrow(0, row, 1).cpu());
            results.Add(new($"{name}.shape", golden[$"{name}.shape"], tensor(level.shape), 0));
            results.Add(new(name, golden[$"{name}.value"], level.flatten().index_select(0, golden[$"{name}.index"]), Comparison.OneNetwork));
            results.Add(
                new($"{name}.mean_abs", golden[$"{name}.mean_abs"], level.to(ScalarType.Float32).abs().mean().view(1), Comparison.OneNetwork));
        }
        return results;
    }

    /// <summary>Compares rows of a batch of three with their single runs: four levels and the pooled feature each.</summary>
    public static IReadOnlyList<Comparison> Rows(TorchOptions options)
    {
        using var backbone = new PyramidBackbone(Network("swin-nano", options), Architecture.Paper);
        var pixels = options.Upload(Pixels("rows", 3));
        var together = Outputs(pixels);
        return [.. Enumerable.Range(0, 3).SelectMany(row => Outputs(pixels.narrow(0, row, 1)).Select((single, i) =>
            new Comparison($"row {row}, output {i}", single, together[i].narrow(0, row, 1), Comparison.SingleRun)))];

        List<Tensor> Outputs(Tensor input)
        {
            var outputs = new List<Tensor>();
            outputs.Add(backbone.Extract(input, (_, level) => outputs.Add(level)));
            return outputs;
        }
    }
}
