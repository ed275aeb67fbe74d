using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.ModelServing;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Load;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Wire;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Expert;

/// <summary>One expert. Projects levels of several calls in one batch; a call's tensors never leave the model's thread.</summary>
internal sealed class ExpertModel : IExchangedModel, IDisposable
{
    // One for each level, one for the texts.
    private const int StepsOfACall = PyramidBackbone.Levels + 1;

    // Bytes of a level's message without the features: pooled feature, model, notes.
    private const long BesidesFeatures = 1 << 20;

    private readonly string _name;
    private readonly ServedNetwork<ModalityExpert, ExpertStep, LocalizeResponse?> _network;
    private readonly ExpertShape _shape;

    public ExpertModel(IOptions<ModelOptions> model, IOptions<ExpertOptions> options, ServiceLoad load)
    {
        _name = options.Value.Name;
        MessageTimeout = options.Value.MessageTimeout;
        var places = options.Value.MaxBatchSize + options.Value.QueueCapacity;
        var batching = new BatcherOptions
        {
            MaxBatchSize = options.Value.MaxBatchSize,
            // Calls are counted from their first level on, so that none is refused when half of its work is done.
            QueueCapacity = places * StepsOfACall,
            MaxQueueDelay = options.Value.MaxQueueDelay,
        };
        _network = new ServedNetwork<ModalityExpert, ExpertStep, LocalizeResponse?>(
            model.Value, BundlePart.Expert(_name), batching, (bundle, torch) => LoadedExperts.Load(bundle, _name, torch), Run,
            served: load);
        var bundle = _network.Latest.Bundle;
        _shape = _network.Latest.Network.Shape;
        LevelSides = PyramidBackbone.LevelSides(BundleNetworks.ReadSwinConfig(bundle));
        MaxLevelBytes = BesidesFeatures
            + LevelSides.Zip(LevelChannels, (side, channels) => sizeof(float) * (long)side * side * channels).Max();
        Limits = new QueryLimits(options.Value, EmbeddingDim, (long)LevelSides[0] * LevelSides[0], bundle.Manifest.Text.MaxTokens);
        OpenCalls = new OpenCalls(
            places, AvailableMemory.Limit(options.Value.MaxCallBytes, 0.5), batching.RetryAfter, _network.Metrics, TimeProvider.System);
    }

    public ModelInfo Info => _network.Latest.Info;

    public BundlePart Part => _network.Part;

    public void Exchange(string bundle) => _network.Exchange(bundle);

    public TimeSpan MessageTimeout { get; }

    public QueryLimits Limits { get; }

    public OpenCalls OpenCalls { get; }

    /// <summary>Channels of each level, finest first.</summary>
    public IReadOnlyList<int> LevelChannels => _shape.LevelChannels;

    /// <summary>Positions on a side of each level, finest first.</summary>
    public IReadOnlyList<int> LevelSides { get; }

    /// <summary>Bytes of a call's levels: features in FP32, and their projections.</summary>
    public long CallBytes => LevelSides.Zip(LevelChannels, (side, channels) => sizeof(float) * (long)side * side * (channels + EmbeddingDim)).Sum();

    /// <summary>Maximum bytes of a level's message: features of the largest level in FP32, and the other fields.</summary>
    public long MaxLevelBytes { get; }

    public Batcher<ExpertStep, LocalizeResponse?> Batcher => _network.Batcher;

    private int EmbeddingDim => _shape.EmbeddingDim;

    /// <summary>The network for all steps of a call, whatever takes its place meanwhile.</summary>
    public HeldNetwork<ModalityExpert> Hold() => _network.Hold();

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

    /// <summary>Each step runs on the network of its call, which may be older than the latest.</summary>
    private LocalizeResponse?[] Run(Generation<ModalityExpert> latest, IReadOnlyList<ExpertStep> batch)
    {
        // In the order of a call's steps, so that steps of one call in the same batch run in their order. A level that exists already was computed
        // before this batch ran out of memory, and the batch is being retried.
        foreach (var group in batch.OfType<ProjectLevel>().Where(s => s.State.Levels[s.Level] is null)
            .GroupBy(s => (s.State.Network, s.Level, s.Features.DataType)))
        {
            Project(group.Key.Network.Network, [.. group]);
        }
        foreach (var ended in batch.OfType<EndCall>())
        {
            Free(ended.State);
        }
        // A call without all levels has already failed with the error of the missing one.
        return [.. batch.Select(step => step is GroundTexts ground && ground.State.IsComplete ? Ground(ground) : null)];
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

    /// <summary>A copy of one row: a view would keep the whole batch in memory until its slowest call ends.</summary>
    private static Tensor Own(Tensor batch, long row) => batch.shape[0] == 1 ? batch.alias() : batch.narrow(0, row, 1).clone();

    private LocalizeResponse Ground(GroundTexts step)
    {
        var generation = step.State.Network;
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
        if (step.Texts.Counts.Count > 0)
        {
            response.Texts.AddRange(Ground(generation.Bundle.Manifest, step, features, embedding).Select(text => ToProto(text, side, step.Parts)));
        }
        return response;
    }

    private IReadOnlyList<GroundedText> Ground(BundleManifest manifest, GroundTexts step, LocalFeatures features, Tensor embedding)
    {
        var words = tensor(step.Texts.Words, [1, step.Texts.Counts.Sum(), EmbeddingDim]).to(embedding.device);
        var sentences = tensor(step.Texts.Sentences, [step.Texts.Counts.Count, EmbeddingDim]).to(embedding.device);
        return new Grounding(manifest.Architecture, manifest.Similarity, Limits.WordsAtOnce)
            .Ground(features, embedding, words, step.Texts.Counts, sentences, step.Parts.Attention);
    }

    private static TextGrounding ToProto(GroundedText text, int side, AnswerParts parts) => new()
    {
        GlobalSimilarity = text.GlobalSimilarity,
        LocalSimilarity = text.LocalSimilarity,
        Words =
        {
            text.Similarities.Zip(text.Peaks, (similarity, peak) =>
                new WordGrounding { Similarity = similarity, PeakRow = peak / side, PeakColumn = peak % side }),
        },
        Attention = text.Attention is { } attention
            ? WireTensors.FromSingles(attention, parts.DataType, text.Similarities.Length, side, side)
            : null,
    };

    private static void Free(ExpertState state)
    {
        foreach (var level in state.Levels)
        {
            level?.Native.Dispose();
            level?.ScaleScores.Dispose();
        }
        Array.Clear(state.Levels);
        state.Release();
    }
}
