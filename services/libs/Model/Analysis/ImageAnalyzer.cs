using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Gating;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;

namespace MedMoE.Mesh.Model.Analysis;

/// <summary>A request that does not fit the model.</summary>
public sealed class InvalidRequestException(string reason) : InvalidInputException(reason);

/// <summary>
/// MedMoE in one process: image and report, gate, one expert, grounded words. Text encoder and experts are loaded on first use. Not thread-safe: one
/// thread owns a model.
/// </summary>
public sealed class ImageAnalyzer : IDisposable
{
    private readonly ModelBundle _bundle;
    private readonly TorchOptions _options;
    private readonly ImagePreprocessor _preprocessor;
    private readonly PyramidBackbone _backbone;
    private readonly Lazy<TextEmbedder> _text;
    private readonly GateScorer _reportGate;
    private readonly GateScorer _imageGate;
    private readonly LoadedExperts _experts;
    private readonly Dictionary<string, string> _digests = [];

    /// <exception cref="BundleException">The backbone or the gate cannot be used; every fault is listed.</exception>
    public ImageAnalyzer(ModelBundle bundle, TorchOptions options)
    {
        _bundle = bundle;
        _options = options;
        _preprocessor = new ImagePreprocessor(bundle.Manifest.Image, new ImageDecoder());
        _backbone = PlacedNetworks.LoadBackbone(bundle, options);
        _text = new Lazy<TextEmbedder>(() => PlacedNetworks.LoadText(bundle, options));
        _reportGate = GateScorer.Load(bundle, "report", bundle.Manifest.EmbeddingDim);
        _imageGate = GateScorer.Load(bundle, "image", _backbone.Network.Config.FeatureDim);
        _experts = new LoadedExperts(bundle, options, _backbone.Network.Config);
    }

    /// <summary>
    /// Analyzes a PNG or JPEG. Without a report only the image is used; <paramref name="named"/> is for <see cref="GatingPolicy.Explicit"/>.
    /// </summary>
    /// <exception cref="InvalidImageException">The image cannot be used.</exception>
    /// <exception cref="InvalidRequestException">Report and policy do not fit, or the report has no words.</exception>
    /// <exception cref="BundleException">The text encoder or the chosen expert cannot be used.</exception>
    public ImageAnalysis Analyze(byte[] image, string? report, GatingPolicy policy, string? named = null)
    {
        var chosen = policy == GatingPolicy.Explicit ? ExpertNamed(named) : (int?)null;
        if (policy == GatingPolicy.Report && report is null)
        {
            throw new InvalidRequestException("policy report needs a report");
        }
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var side = _bundle.Manifest.Image.Size;
        var prepared = _preprocessor.Prepare(image);
        var pixels = _options.Upload(tensor(prepared.Pixels, [1, 3, side, side]));
        var text = report is null ? null : Encode(report);

        var pyramid = new Tensor[PyramidBackbone.Levels];
        var pooled = _backbone.Extract(pixels, (level, features) => pyramid[level] = features);
        var (decision, others) = Decide(policy, chosen, text?.Sentences, pooled);

        var name = _bundle.Manifest.Experts[decision.Expert].Name;
        var features = _experts[name].Fuse(pyramid);
        var embedding = features.Mean();
        return new ImageAnalysis(
            _bundle.Manifest.ModelVersion,
            _bundle.Manifest.Notice,
            Digests(name, withText: text is not null),
            Reading(decision, [.. others.Select(o => Reading(o, []))]),
            embedding.ToSingles(),
            (int)pyramid[0].shape[1],
            text is null ? null : Ground(report!, text, features, embedding),
            prepared.Note is { } note ? [note] : []);
    }

    public void Dispose()
    {
        _backbone.Dispose();
        if (_text.IsValueCreated)
        {
            _text.Value.Dispose();
        }
        _experts.Dispose();
    }

    private EncodedTexts Encode(string report)
    {
        var encoded = _text.Value.Encode([report]);
        return encoded.WordCounts[0] > 0 ? encoded : throw new InvalidRequestException("report: no words in it");
    }

    private (GateDecision Decision, GateDecision[] Others) Decide(GatingPolicy policy, int? chosen, Tensor? sentence, Tensor pooled)
    {
        var image = GateDecision.MostProbable(GatingPolicy.Image, _imageGate.Score(pooled.ToSingles()));
        var report = sentence is null ? null : GateDecision.MostProbable(GatingPolicy.Report, _reportGate.Score(sentence.ToSingles()));
        GateDecision decision = policy switch
        {
            GatingPolicy.Explicit => GateDecision.Named(chosen!.Value, _bundle.Manifest.Experts.Count),
            GatingPolicy.Image => image,
            _ => report ?? image,
        };
        return (decision, [.. new[] { report, image }.OfType<GateDecision>().Where(d => d != decision)]);
    }

    private TextGrounding Ground(string report, EncodedTexts text, LocalFeatures features, Tensor embedding)
    {
        var grounding = new Grounding(_bundle.Manifest.Architecture, _bundle.Manifest.Similarity, overflown: 0);
        var grounded = grounding.Ground(features, embedding, text.Words, text.WordCounts, text.Sentences, attention: true)[0];
        var (positions, side) = ((int)features.Positions, (int)Math.Sqrt(features.Positions));
        var words = text.Tokens[0].Words.Select((word, i) => new WordGrounding(
            report[word.Start..word.End], word.Start, word.End, grounded.Similarities[i],
            [grounded.Peaks[i] / side, grounded.Peaks[i] % side], grounded.Attention![(i * positions)..((i + 1) * positions)]));
        // In float32, so the last digit may differ from the mesh's answer.
        var local = Similarity.Local(
            tensor(grounded.Similarities).unsqueeze(0), text.WordCounts, _bundle.Manifest.Similarity.WordTemperature).ToSingles()[0];
        return new TextGrounding(grounded.GlobalSimilarity, local, text.Tokens[0].Truncated, text.Tokens[0].UnknownWords, [.. words]);
    }

    private int ExpertNamed(string? named)
    {
        var index = named is null ? -1 : _bundle.Manifest.Experts.IndexOfNamed(named);
        return index >= 0 ? index : throw new InvalidRequestException(
            $"unknown expert \"{named}\"; expected one of {_bundle.Manifest.Experts.Listed()}");
    }

    private Dictionary<string, string> Digests(string expert, bool withText)
    {
        IEnumerable<BundlePart> parts = [BundlePart.Backbone, BundlePart.Gate, BundlePart.Expert(expert)];
        return (withText ? parts.Append(BundlePart.Text) : parts).ToDictionary(part => part.Folder, part =>
            _digests.TryGetValue(part.Folder, out var known) ? known : _digests[part.Folder] = _bundle.Digest(part));
    }

    private GateReading Reading(GateDecision decision, IReadOnlyList<GateReading> others) => new(
        decision.Policy,
        _bundle.Manifest.Experts[decision.Expert].Name,
        _bundle.Manifest.Experts.Zip(decision.Probabilities).ToDictionary(e => e.First.Name, e => e.Second),
        others);
}
