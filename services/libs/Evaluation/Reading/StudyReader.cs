using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Gating;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.Text;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>
/// Runs a bundle's networks on many studies: the backbone in batches, and each expert that an image needs once, with all texts. Experts are loaded on
/// first use. Not thread-safe: one thread owns a model.
/// </summary>
public sealed class StudyReader : IDisposable
{
    /// <summary>More images per batch are not faster on a CPU, and the attention of hundreds of words takes memory.</summary>
    private const int ImagesAtOnce = 4;

    private const int TextsAtOnce = 64;

    private readonly ModelBundle _bundle;
    private readonly TorchOptions _options;
    private readonly ExpertChoice _choice;
    private readonly int _named;
    private readonly int _firstLevel;
    private readonly PyramidBackbone _backbone;
    private readonly TextEmbedder _text;
    private readonly GateScorer _reportGate;
    private readonly GateScorer _imageGate;
    private readonly LoadedExperts _experts;
    private readonly int[] _expertRuns;

    /// <summary>
    /// Loads the networks. <paramref name="firstLevel"/> is the finest pyramid level that experts fuse (see <see cref="ModalityExpert.Fuse"/>); maps
    /// stay on the finest grid.
    /// </summary>
    /// <exception cref="BundleException">Backbone, text encoder or gates cannot be used; every fault is listed.</exception>
    /// <exception cref="InvalidEvaluationException">The bundle does not have the named expert.</exception>
    public StudyReader(ModelBundle bundle, TorchOptions options, ExpertChoice choice, int firstLevel = 0)
    {
        (_bundle, _options, _choice, _firstLevel) = (bundle, options, choice, firstLevel);
        _named = choice.IndexIn(bundle.Manifest);
        _reportGate = GateScorer.Load(bundle, "report", bundle.Manifest.EmbeddingDim);
        _backbone = PlacedNetworks.LoadBackbone(bundle, options);
        _imageGate = GateScorer.Load(bundle, "image", _backbone.Network.Config.FeatureDim);
        _experts = new LoadedExperts(bundle, options, _backbone.Network.Config);
        _text = PlacedNetworks.LoadText(bundle, options);
        _expertRuns = new int[bundle.Manifest.Experts.Count];
        Preprocessor = new ImagePreprocessor(bundle.Manifest.Image, new ImageDecoder());
    }

    internal BundleManifest Manifest => _bundle.Manifest;

    internal ExpertChoice Choice => _choice;

    /// <summary>Thread-safe.</summary>
    internal ImagePreprocessor Preprocessor { get; }

    internal int ImagesRead { get; private set; }

    /// <summary>Images per expert, in the manifest's order: one expert per image if the gates agree.</summary>
    internal IReadOnlyList<int> ExpertRuns => _expertRuns;

    internal BertTokenizer Tokenizer => _text.Tokenizer;

    /// <summary>Encodes texts in batches of similar length.</summary>
    internal EncodedText[] Encode(IReadOnlyList<string> texts)
    {
        using var inference = inference_mode();
        var encoded = new EncodedText[texts.Count];
        foreach (var batch in Enumerable.Range(0, texts.Count).OrderBy(i => texts[i].Length).Chunk(TextsAtOnce))
        {
            using var scope = NewDisposeScope();
            var states = _text.Encode([.. batch.Select(i => texts[i])]);
            var (words, sentences) = (states.Words.ToSingles(), states.Sentences.ToSingles());
            var (width, dim) = ((int)states.Words.shape[1], Manifest.EmbeddingDim);
            for (var row = 0; row < batch.Length; row++)
            {
                var sentence = sentences[(row * dim)..((row + 1) * dim)];
                var first = row * width * dim;
                encoded[batch[row]] = new EncodedText(
                    states.Tokens[row], words[first..(first + (states.WordCounts[row] * dim))], sentence, _reportGate.Score(sentence));
            }
        }
        return encoded;
    }

    /// <summary>Scores each image with all reports, which are the images' own in the same order, and with all prompts.</summary>
    internal IReadOnlyList<ImageReading> Read(
        IReadOnlyList<StudyImage> images, IReadOnlyList<EncodedText> reports, IReadOnlyList<EncodedText> prompts)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var texts = new TextSet([.. reports, .. prompts], Manifest.EmbeddingDim, _options.ResolveDevice());
        var readings = new List<ImageReading>();
        foreach (var batch in images.Zip(reports).Chunk(ImagesAtOnce))
        {
            readings.AddRange(Read([.. batch.Select(b => b.First)], readings.Count, texts, reports.Count));
        }
        ImagesRead += images.Count;
        return readings;
    }

    public void Dispose()
    {
        _backbone.Dispose();
        _text.Dispose();
        _experts.Dispose();
    }

    /// <summary>Reads a batch. The report of its first image has the index <paramref name="offset"/>.</summary>
    private ImageReading[] Read(StudyImage[] images, int offset, TextSet texts, int reports)
    {
        using var scope = NewDisposeScope();
        var side = Manifest.Image.Size;
        var pixels = _options.Upload(tensor(images.SelectMany(i => i.Pixels).ToArray(), [images.Length, 3, side, side]));
        var pyramid = new Tensor[PyramidBackbone.Levels];
        var pooled = _backbone.Extract(pixels, (level, features) => pyramid[level] = features).ToSingles();
        var (width, gridSide) = (pooled.Length / images.Length, (int)pyramid[0].shape[1]);

        float[][] gates = [.. images.Select((_, i) => _imageGate.Score(pooled.AsSpan(i * width, width)))];
        Experts[] experts = [.. images.Select((image, i) => Choose(image, gates[i], texts, own: offset + i, reports))];
        ImageReading[] readings = [.. images.Select((image, i) => new ImageReading(
            gates[i], new float[Manifest.EmbeddingDim], new float[reports], new float[texts.Count - reports],
            new float[image.Phrases.Count][], gridSide))];
        foreach (var expert in experts.SelectMany(e => e.All).Distinct().Order())
        {
            int[] rows = [.. Enumerable.Range(0, images.Length).Where(i => experts[i].All.Contains(expert))];
            using var own = NewDisposeScope();
            var asked = texts.Only(rows.SelectMany(row => experts[row].TextsFor(expert, offset + row)).ToHashSet());
            foreach (var (row, seen) in rows.Zip(Ground(expert, rows, pyramid, asked)))
            {
                Copy(readings[row], seen, images[row], offset + row, experts[row], expert);
            }
        }
        return readings;
    }

    /// <summary>Runs an expert on some rows of a batch. The tensors belong to the caller's dispose scope.</summary>
    private IEnumerable<GroundedTexts> Ground(int expert, int[] rows, Tensor[] pyramid, TextSet texts)
    {
        var network = _experts[Manifest.Experts[expert].Name];
        var index = tensor(rows.Select(row => (long)row).ToArray(), device: pyramid[0].device);
        var features = network.Fuse([.. pyramid.Select(level => level.index_select(0, index))], _firstLevel);
        _expertRuns[expert] += rows.Length;
        var grounded = WordAttention.AttendTexts(
            features, texts.Words.expand(rows.Length, -1, -1), texts.Counts, Manifest.Architecture, Manifest.Similarity.AttentionTemperature);
        var (embeddings, similarities) = (features.Mean().ToSingles(), grounded.Similarities.ToSingles());
        var (dim, words) = (Manifest.EmbeddingDim, similarities.Length / rows.Length);
        return rows.Select((_, i) => new GroundedTexts(
            texts, embeddings[(i * dim)..((i + 1) * dim)], similarities[(i * words)..((i + 1) * words)], grounded.Attention[i], Manifest.Similarity));
    }

    /// <summary>Copies the results that this expert is responsible for.</summary>
    private static void Copy(ImageReading reading, GroundedTexts seen, StudyImage image, int ownReport, Experts experts, int expert)
    {
        if (experts.Embedding == expert)
        {
            seen.Embedding.CopyTo(reading.Embedding, 0);
        }
        for (var text = 0; text < experts.Texts.Length; text++)
        {
            if (experts.Texts[text] == expert)
            {
                var report = text < reading.ReportScores.Length;
                (report ? reading.ReportScores : reading.PromptScores)[report ? text : text - reading.ReportScores.Length] = seen.Score(text);
            }
        }
        for (var phrase = 0; phrase < image.Phrases.Count && experts.Phrases == expert; phrase++)
        {
            reading.PhraseMaps[phrase] = seen.Map(ownReport, image.Phrases[phrase]);
        }
    }

    private Experts Choose(StudyImage image, float[] gate, TextSet texts, int own, int reports)
    {
        int By(EncodedText text, bool textLeads) => _choice.Policy switch
        {
            ExpertPolicy.Named => _named,
            ExpertPolicy.Type => image.ReportType,
            ExpertPolicy.Wrong => (image.ReportType + 1) % Manifest.Experts.Count,
            ExpertPolicy.Report => MostProbable(text.Gate),
            ExpertPolicy.Auto when textLeads => MostProbable(text.Gate),
            _ => MostProbable(gate),
        };
        return new Experts(
            By(texts[own], textLeads: false),
            [.. Enumerable.Range(0, texts.Count).Select(text => By(texts[text], textLeads: text >= reports))],
            image.Phrases.Count == 0 ? null : By(texts[own], textLeads: true));
    }

    private static int MostProbable(float[] probabilities) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(probabilities);

    /// <summary>The experts of an image for each result.</summary>
    /// <param name="Embedding">For the embedding.</param>
    /// <param name="Texts">For the score with each text. An image has many candidate reports, so the image decides there.</param>
    /// <param name="Phrases">For the phrases of its own report; null without phrases.</param>
    private sealed record Experts(int Embedding, int[] Texts, int? Phrases)
    {
        public IReadOnlySet<int> All { get; } = new HashSet<int>([Embedding, .. Texts, Phrases ?? Embedding]);

        /// <summary>The texts that an expert needs; never empty for an expert in <see cref="All"/>.</summary>
        public IEnumerable<int> TextsFor(int expert, int ownReport) =>
            Enumerable.Range(0, Texts.Length)
                .Where(text => Texts[text] == expert || (text == ownReport && (Phrases == expert || Embedding == expert)));
    }
}
