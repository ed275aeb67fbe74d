using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Reference.Networks;

/// <summary>The whole network from pixel values and reports through gates and experts, compared with a golden bundle's values.</summary>
public sealed class ChainGolden : IDisposable
{
    private readonly TorchOptions _options;
    private readonly Architecture _architecture;
    private readonly GoldenBundle _files;
    private readonly Golden _golden;
    private readonly TextEmbedder _text;
    private readonly Tensor[] _pyramid = new Tensor[PyramidBackbone.Levels];

    public ChainGolden(Architecture architecture, TorchOptions options)
    {
        (_options, _architecture) = (options, architecture);
        _files = new GoldenBundle(architecture);
        _golden = Golden.Open(_files.Name);
        Bundle = _files.Open();
        _text = PlacedNetworks.LoadText(Bundle, options);
        Reports = [.. Golden.Json(_files.Name, "io.json").GetProperty("reports").EnumerateArray().Select(r => r.GetString()!)];
        using var backbone = PlacedNetworks.LoadBackbone(Bundle, options);
        FeatureDim = backbone.Network.Config.FeatureDim;
        Pooled = backbone.Extract(options.Upload(Pixels()), (level, features) => _pyramid[level] = features);
        Texts = _text.Encode(Reports);
    }

    public ModelBundle Bundle { get; }

    public IReadOnlyList<string> Reports { get; }

    /// <summary>The levels of both images, each [2, side, side, channels].</summary>
    public IReadOnlyList<Tensor> Pyramid => _pyramid;

    /// <summary>The pooled feature of both images, [2, 8C].</summary>
    public Tensor Pooled { get; }

    /// <summary>Both reports.</summary>
    public EncodedTexts Texts { get; }

    private int FeatureDim { get; }

    /// <summary>The stored pixel values, the gray image first: [2, 3, 224, 224].</summary>
    public static Tensor Pixels()
    {
        using var stored = Golden.Open("preprocessing");
        return cat([stored["gray8_512x640.pixel_values"], stored["rgb8_400x300.pixel_values"]]);
    }

    public ModalityExpert Expert(string name, bool frozen = true)
    {
        var expert = BundleNetworks.LoadExpert(Bundle, name);
        _options.Place(expert);
        if (frozen)
        {
            expert.Freeze();
        }
        return expert;
    }

    /// <summary>Compares the pooled feature, the sentences, and the gates' outputs.</summary>
    public IReadOnlyList<Comparison> Gates()
    {
        using var network = BundleNetworks.LoadGate(Bundle, FeatureDim);
        _options.Place(network);
        var (pooled, sentences) = (Pooled.to(_options.ScalarType), Texts.Sentences.to(_options.ScalarType));
        var image = network.ImageLogits(pooled).to(ScalarType.Float32).softmax(1);
        List<Comparison> results =
        [
            new("swin_feat", _golden["swin_feat"], Pooled, Comparison.OneNetwork),
            new("sentence_embedding", _golden["sentence_embedding"], Texts.Sentences, Comparison.OneNetwork),
            Whole("gate.image.probabilities", image),
            Whole("gate.report.probabilities", network.ReportLogits(sentences).to(ScalarType.Float32).softmax(1)),
        ];
        if (_golden.Has("authors.router_probabilities"))
        {
            results.Add(Whole("authors.router_probabilities", image));
        }
        return results;
    }

    /// <summary>Compares local features and the global embedding of every expert.</summary>
    public IReadOnlyList<Comparison> Experts() => [.. Bundle.Manifest.Experts.SelectMany(entry =>
    {
        using var expert = Expert(entry.Name);
        var features = expert.Fuse(_pyramid);
        List<Comparison> results =
        [
            Whole($"expert.{entry.Name}.local_sample", Sampled(features.Dense().view(2, 56, 56, -1))),
            Whole($"expert.{entry.Name}.global", features.Mean()),
        ];
        if (_golden.Has($"expert.{entry.Name}.scale_attention"))
        {
            results.Add(Whole($"expert.{entry.Name}.scale_attention", Sampled(features.ScaleWeights.transpose(1, 2).view(2, 56, 56, 4))));
        }
        return results;
    })];

    /// <summary>
    /// Compares the grounding of each report's words in its image by the expert that its gate selects, for both images in one padded batch.
    /// </summary>
    public IReadOnlyList<Comparison> Words() => [.. Enumerable.Range(0, Reports.Count).SelectMany(row =>
    {
        var settings = Bundle.Manifest.Similarity;
        var count = Texts.WordCounts[row];
        using var expert = Expert(Bundle.Manifest.Experts[(int)_golden["gate.report.selected"][row].item<long>()].Name);
        var features = expert.Fuse(_pyramid);
        var words = Texts.Words[row].unsqueeze(0).expand(2, -1, -1);
        var grounded = WordAttention.Attend(features, words, [count, count], _architecture, settings.AttentionTemperature);
        Tensor Own(Tensor batch) => batch[row].narrow(0, 0, count);
        return new Comparison[]
        {
            Whole($"{row}.words", Texts.Words[row].narrow(0, 0, count)),
            Whole($"{row}.global_embedding", features.Mean()[row]),
            // With random weights the scores are large, and the softmax multiplies bf16's rounding errors.
            Whole($"{row}.attention", Own(grounded.Attention).view(count, 56, 56)) with { SmallestCosine = 0.99 },
            Whole($"{row}.contexts", Own(grounded.Contexts)),
            Whole($"{row}.word_similarity", Own(grounded.Similarities)),
            Whole($"{row}.local_similarity", Similarity.Local(grounded.Similarities, [count, count], settings.WordTemperature)[row].view(1)),
            Whole($"{row}.global_similarity", Similarity.Global(features.Mean(), Texts.Sentences[row].unsqueeze(0))[row].view(1)),
        };
    })];

    /// <summary>Compares rows of a batch of images and words through an expert with their single runs.</summary>
    public IReadOnlyList<Comparison> Rows()
    {
        using var expert = Expert("ct");
        var words = tensor(Formula.Input("words", 2, 5, 64), [2, 5, 64]).to(_options.ResolveDevice());
        int[] counts = [5, 3];
        var together = WordAttention.Attend(expert.Fuse(_pyramid), words, counts, _architecture, 4);
        return [.. counts.SelectMany((count, row) =>
        {
            var features = expert.Fuse([.. _pyramid.Select(level => level.narrow(0, row, 1))]);
            var single = WordAttention.Attend(features, words[row].narrow(0, 0, count).unsqueeze(0), [count], _architecture, 4);
            return new Comparison[]
            {
                new($"row {row}, contexts", single.Contexts[0], together.Contexts[row].narrow(0, 0, count), Comparison.OneNetwork),
                new($"row {row}, attention", single.Attention[0], together.Attention[row].narrow(0, 0, count), Comparison.OneNetwork),
            };
        })];
    }

    public void Dispose()
    {
        _text.Dispose();
        _golden.Dispose();
        _files.Dispose();
    }

    private static Tensor Sampled(Tensor grid) => grid[.., TensorIndex.Slice(0, 56, 7), TensorIndex.Slice(0, 56, 7)];

    private Comparison Whole(string name, Tensor actual) => new(name, _golden[name], actual, Comparison.WholeChain);
}
