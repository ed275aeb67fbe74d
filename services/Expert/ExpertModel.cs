using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.ModelServing;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Expert;

/// <summary>
/// One expert of the bundle behind its batcher. Levels of several calls are projected together; what a call has made stays on the model's
/// thread until the call ends.
/// </summary>
internal sealed class ExpertModel : IServedModel, IDisposable
{
    // Each level, and the texts.
    private const int StepsOfACall = PyramidBackbone.Levels + 1;

    // Of a level's message: pooled feature, model, notes.
    private const long BesidesFeatures = 1 << 20;

    private readonly string _name;
    private readonly ServedNetwork<ModalityExpert, ExpertStep, LocalizeResponse?> _network;
    private readonly ExpertShape _shape;

    public ExpertModel(IOptions<ModelOptions> model, IOptions<ExpertOptions> options)
    {
        _name = options.Value.Name;
        MessageTimeout = options.Value.MessageTimeout;
        var places = options.Value.LargestBatch + options.Value.QueueCapacity;
        var batching = new BatcherOptions
        {
            LargestBatch = options.Value.LargestBatch,
            // Calls have a place from their first level on, so that none is refused when half of its work is done.
            QueueCapacity = places * StepsOfACall,
            QueueDelay = options.Value.QueueDelay,
        };
        _network = new ServedNetwork<ModalityExpert, ExpertStep, LocalizeResponse?>(model.Value, BundlePart.Expert(_name), batching, Load, Run);
        var bundle = _network.Latest.Bundle;
        _shape = _network.Latest.Network.Shape;
        LevelSides = PyramidBackbone.LevelSides(BundleNetworks.ReadSwinConfig(bundle));
        Limits = new QueryLimits(options.Value, EmbeddingDim, (long)LevelSides[0] * LevelSides[0], bundle.Manifest.Text.MaxTokens);
        OpenCalls = new OpenCalls(
            places, AvailableMemory.Limit(options.Value.MaxCallBytes, 0.5), batching.RetryAfter, _network.Metrics, TimeProvider.System);
    }

    public ModelInfo Info => _network.Latest.Info;

    /// <summary>For a call's next message.</summary>
    public TimeSpan MessageTimeout { get; }

    public QueryLimits Limits { get; }

    public OpenCalls OpenCalls { get; }

    /// <summary>Channels of each level, finest first.</summary>
    public IReadOnlyList<int> LevelChannels => _shape.LevelChannels;

    /// <summary>Positions on a side of each level, finest first.</summary>
    public IReadOnlyList<int> LevelSides { get; }

    /// <summary>Bytes of a call's levels, as they come in FP32 and projected.</summary>
    public long CallBytes => LevelSides.Zip(LevelChannels, (side, channels) => sizeof(float) * (long)side * side * (channels + EmbeddingDim)).Sum();

    /// <summary>Bytes of a message with a level at most: the features of the largest one in FP32, and what goes with them.</summary>
    public long MaxLevelBytes => LevelSides.Zip(LevelChannels, (side, channels) => sizeof(float) * (long)side * side * channels).Max() + BesidesFeatures;

    public Batcher<ExpertStep, LocalizeResponse?> Batcher => _network.Batcher;

    private int EmbeddingDim => _shape.EmbeddingDim;

    public async Task WarmUp(CancellationToken cancellation)
    {
        using var call = new ExpertCall(this, deadline: null, cancellation);
        call.Begin(new LocalizeHeader
        {
            Texts =
            {
                new TextQuery
                {
                    Sentence = WireTensors.FromSingles(new float[EmbeddingDim], DataType.Fp32, EmbeddingDim),
                    WordEmbeddings = WireTensors.FromSingles(new float[EmbeddingDim], DataType.Fp32, 1, EmbeddingDim),
                },
            },
        });
        for (var level = 0; level < PyramidBackbone.Levels; level++)
        {
            var (side, channels) = (LevelSides[level], LevelChannels[level]);
            call.Add(new PyramidLevel
            {
                Level = level,
                Features = WireTensors.FromSingles(new float[side * side * channels], DataType.Fp32, side, side, channels),
            });
        }
        await call.Finish();
    }

    public void Dispose() => _network.Dispose();

    private ModalityExpert Load(ModelBundle bundle, TorchOptions torch)
    {
        var expert = BundleNetworks.LoadExpert(bundle, _name);
        torch.Place(expert);
        expert.Freeze();
        return expert;
    }

    private LocalizeResponse?[] Run(Generation<ModalityExpert> generation, IReadOnlyList<ExpertStep> batch)
    {
        // In the order of a call's life: whatever of one call is in this batch runs in its own order. A level that is there already is so because
        // memory ran short in this batch after it.
        foreach (var group in batch.OfType<ProjectLevel>().Where(s => s.State.Levels[s.Level] is null).GroupBy(s => (s.Level, s.Features.DataType)))
        {
            Project(generation.Network, [.. group]);
        }
        foreach (var ended in batch.OfType<EndCall>())
        {
            Free(ended.State);
        }
        // A call that lacks a level has failed with that level's error.
        return [.. batch.Select(step => step is GroundTexts ground && ground.State.IsComplete ? Ground(generation, ground) : null)];
    }

    private void Project(ModalityExpert expert, IReadOnlyList<ProjectLevel> steps)
    {
        using var scope = NewDisposeScope();
        var features = _network.Torch.Upload(TorchWire.Batch([.. steps.Select(s => s.Features)]));
        var projected = expert.Project(steps[0].Level, features, LevelSides[0]);
        for (var row = 0; row < steps.Count; row++)
        {
            steps[row].State.Levels[steps[row].Level] = new LevelFeatures(
                Own(projected.Native, row).DetachFromDisposeScope(), Own(projected.ScaleScores, row).DetachFromDisposeScope(), projected.Grid);
        }
    }

    /// <summary>A row of its own: a part of the batch would keep the whole of it for as long as the slowest call.</summary>
    private static Tensor Own(Tensor batch, long row) => batch.shape[0] == 1 ? batch.alias() : batch.narrow(0, row, 1).clone();

    private LocalizeResponse Ground(Generation<ModalityExpert> generation, GroundTexts step)
    {
        using var scope = NewDisposeScope();
        var features = new LocalFeatures([.. step.State.Levels.Select(level => level!)]);
        var embedding = features.Mean();
        var side = (int)Math.Sqrt(features.ScaleWeights.shape[2]);
        var response = new LocalizeResponse
        {
            Expert = _name,
            Model = generation.Info,
            GridSide = side,
            ImageEmbedding = TorchWire.Rows(embedding, DataType.Fp32)[0],
        };
        if (step.Parts.LocalFeatures)
        {
            response.LocalFeatures = TorchWire.Rows(features.Dense().view(1, side, side, EmbeddingDim), step.Parts.DataType)[0];
        }
        // Texts by and by: the attention of all words at once may be large.
        for (var text = 0; text < step.Texts.Counts.Count;)
        {
            var first = text;
            var words = 0;
            do
            {
                words += step.Texts.Counts[text++];
            }
            while (text < step.Texts.Counts.Count && words + step.Texts.Counts[text] <= Limits.WordsAtOnce);
            response.Texts.AddRange(Ground(generation.Bundle.Manifest, step, first..text, features, embedding, side));
        }
        return response;
    }

    private List<TextGrounding> Ground(BundleManifest manifest, GroundTexts step, Range range, LocalFeatures features, Tensor embedding, int side)
    {
        using var scope = NewDisposeScope();
        int[] counts = [.. step.Texts.Counts.Take(range)];
        var (before, all, device) = (step.Texts.Counts.Take(range.Start.Value).Sum() * EmbeddingDim, counts.Sum(), embedding.device);
        var words = tensor(step.Texts.Words[before..(before + (all * EmbeddingDim))], [1, all, EmbeddingDim]).to(device);
        var sentences = tensor(
            step.Texts.Sentences[(range.Start.Value * EmbeddingDim)..(range.End.Value * EmbeddingDim)], [counts.Length, EmbeddingDim]).to(device);
        var grounded = WordAttention.AttendTexts(features, words, counts, manifest.Architecture, manifest.Similarity.AttentionTemperature);
        float[] global = [.. Similarity.Global(embedding, sentences).cpu().data<float>()];
        // Where a context's length overflows, its cosine comes out as 0.
        using var overflown = grounded.Contexts.square().sum(2).isfinite().logical_not();
        float[] similarities = [.. grounded.Similarities.masked_fill(overflown, float.NaN).flatten().cpu().data<float>()];
        long[] peaks = [.. grounded.Attention.argmax(2).flatten().cpu().data<long>()];
        var attention = step.Parts.Attention ? grounded.Attention.squeeze(0).split([.. counts.Select(c => (long)c)]) : null;
        var texts = new List<TextGrounding>();
        for (var (text, first) = (0, 0); text < counts.Length; first += counts[text++])
        {
            texts.Add(new TextGrounding
            {
                GlobalSimilarity = global[text],
                LocalSimilarity = Similarity.Local(similarities.AsSpan(first, counts[text]), manifest.Similarity.WordTemperature),
                Words =
                {
                    Enumerable.Range(first, counts[text]).Select(word => new WordGrounding
                    {
                        Similarity = similarities[word],
                        PeakRow = (int)peaks[word] / side,
                        PeakColumn = (int)peaks[word] % side,
                    }),
                },
                Attention = attention is null ? null : TorchWire.Rows(attention[text].view(1, counts[text], side, side), step.Parts.DataType)[0],
            });
        }
        return texts;
    }

    private static void Free(ExpertState state)
    {
        foreach (var level in state.Levels)
        {
            level?.Native.Dispose();
            level?.ScaleScores.Dispose();
        }
        Array.Clear(state.Levels);
    }
}
