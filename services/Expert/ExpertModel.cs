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

    // Words whose attention is held at once: 1024 × 56² × 4 bytes are 13 MB.
    private const int WordsAtOnce = 1024;

    private readonly string _name;
    private readonly ModalityExpert _expert;
    private readonly Architecture _architecture;
    private readonly SimilaritySettings _similarity;
    private readonly TorchOptions _torch;
    private readonly BatcherMetrics _metrics;
    private readonly int _mostCalls;
    private readonly TimeSpan _retryAfter;
    private int _calls;

    public ExpertModel(IOptions<ModelOptions> model, IOptions<ExpertOptions> options)
    {
        var bundle = ModelBundle.Open(model.Value.Bundle);
        _name = options.Value.Name;
        _torch = TorchOptions.Parse(model.Value.Device, model.Value.Precision);
        _expert = BundleNetworks.LoadExpert(bundle, _name);
        _torch.Place(_expert);
        _expert.Freeze();
        _architecture = bundle.Manifest.Architecture;
        _similarity = bundle.Manifest.Similarity;
        EmbeddingDim = bundle.Manifest.EmbeddingDim;
        MostWords = options.Value.MostWords;
        Patience = options.Value.Patience;
        var part = BundlePart.Expert(_name);
        Info = ServedModel.Describe(bundle, part, _torch.PrecisionName);
        _metrics = new BatcherMetrics(part.Folder);
        _mostCalls = options.Value.LargestBatch + options.Value.QueueCapacity;
        var batching = new BatcherOptions
        {
            LargestBatch = options.Value.LargestBatch,
            // Calls are counted from when they open until nothing of them is left, so that none is refused when half of its work is done.
            QueueCapacity = _mostCalls * StepsOfACall,
            QueueDelay = options.Value.QueueDelay,
        };
        _retryAfter = batching.RetryAfter;
        Batcher = new Batcher<ExpertStep, LocalizeResponse?>(batching, Run, _metrics);
    }

    public ModelInfo Info { get; }

    public int EmbeddingDim { get; }

    public int MostWords { get; }

    /// <summary>For a call's next message.</summary>
    public TimeSpan Patience { get; }

    public IReadOnlyList<int> LevelChannels => _expert.Shape.LevelChannels;

    public Batcher<ExpertStep, LocalizeResponse?> Batcher { get; }

    /// <exception cref="QueueFullException">Too many calls are open.</exception>
    public ExpertCall Open(DateTimeOffset? deadline, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _calls) > _mostCalls)
        {
            Interlocked.Decrement(ref _calls);
            _metrics.Refused(1);
            throw new QueueFullException(_mostCalls, _retryAfter);
        }
        return new ExpertCall(this, deadline, cancellation);
    }

    /// <summary>Ends a call: what it has made goes once the model's thread comes to it.</summary>
    public void Close(ExpertState state) => Batcher.Post(new EndCall(state));

    public async Task WarmUp(CancellationToken cancellation)
    {
        var call = Open(deadline: null, cancellation);
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
        // The sides of an image of 224 pixels; those of the first real one are set up when it comes.
        for (var (level, side) = (0, 56); level < PyramidBackbone.Levels; level++, side /= 2)
        {
            var channels = LevelChannels[level];
            call.Add(new PyramidLevel
            {
                Level = level,
                Features = WireTensors.FromSingles(new float[side * side * channels], DataType.Fp32, side, side, channels),
            });
        }
        await call.Finish();
        call.Dispose();
        // Steps run in order: when this one has, nothing of the warm-up is left.
        await Batcher.Submit(new GroundTexts(new ExpertState(), new EncodedQueries([], [], []), new LocalizeHeader(), DataType.Fp32), cancellation: cancellation);
    }

    public void Dispose()
    {
        Batcher.Dispose();
        _expert.Dispose();
        _metrics.Dispose();
    }

    private LocalizeResponse?[] Run(IReadOnlyList<ExpertStep> batch)
    {
        using var inference = inference_mode();
        try
        {
            // In the order of a call's life: whatever of one call is in this batch runs in its own order.
            foreach (var group in batch.OfType<ProjectLevel>().GroupBy(s => (s.Level, s.FinestSide, s.Features.DataType)))
            {
                Project([.. group]);
            }
            // A call that lacks a level has failed with that level's error.
            return [.. batch.Select(step => step is GroundTexts ground && ground.State.IsComplete ? Ground(ground) : null)];
        }
        finally
        {
            foreach (var ended in batch.OfType<EndCall>())
            {
                Free(ended.State);
            }
        }
    }

    private void Project(IReadOnlyList<ProjectLevel> steps)
    {
        using var scope = NewDisposeScope();
        var features = _torch.Upload(TorchWire.Batch([.. steps.Select(s => s.Features)]));
        var projected = _expert.Project(steps[0].Level, features, steps[0].FinestSide);
        for (var row = 0; row < steps.Count; row++)
        {
            steps[row].State.Levels[steps[row].Level] = new LevelFeatures(
                projected.Native.narrow(0, row, 1).DetachFromDisposeScope(),
                projected.ScaleScores.narrow(0, row, 1).DetachFromDisposeScope(),
                projected.Grid);
        }
    }

    private LocalizeResponse Ground(GroundTexts step)
    {
        using var scope = NewDisposeScope();
        var features = new LocalFeatures([.. step.State.Levels.Select(level => level!)]);
        var embedding = features.Mean();
        var side = (int)Math.Sqrt(features.ScaleWeights.shape[2]);
        var response = new LocalizeResponse
        {
            Expert = _name,
            Model = Info,
            GridSide = side,
            ImageEmbedding = TorchWire.Rows(embedding, DataType.Fp32)[0],
        };
        if (step.Header.ReturnLocalFeatures)
        {
            response.LocalFeatures = TorchWire.Rows(features.Dense().view(1, side, side, EmbeddingDim), step.DataType)[0];
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
            while (text < step.Texts.Counts.Count && words + step.Texts.Counts[text] <= WordsAtOnce);
            response.Texts.AddRange(Ground(step, first..text, features, embedding, side));
        }
        return response;
    }

    private List<TextGrounding> Ground(GroundTexts step, Range range, LocalFeatures features, Tensor embedding, int side)
    {
        using var scope = NewDisposeScope();
        int[] counts = [.. step.Texts.Counts.Take(range)];
        var (before, all, device) = (step.Texts.Counts.Take(range.Start.Value).Sum() * EmbeddingDim, counts.Sum(), embedding.device);
        var words = tensor(step.Texts.Words[before..(before + (all * EmbeddingDim))], [1, all, EmbeddingDim]).to(device);
        var sentences = tensor(
            step.Texts.Sentences[(range.Start.Value * EmbeddingDim)..(range.End.Value * EmbeddingDim)], [counts.Length, EmbeddingDim]).to(device);
        var grounded = WordAttention.AttendTexts(features, words, counts, _architecture, _similarity.AttentionTemperature);
        float[] global = [.. Similarity.Global(embedding, sentences).cpu().data<float>()];
        float[] similarities = [.. grounded.Similarities.flatten().cpu().data<float>()];
        long[] peaks = [.. grounded.Attention.argmax(2).flatten().cpu().data<long>()];
        var attention = step.Header.ReturnAttention ? grounded.Attention.squeeze(0).split([.. counts.Select(c => (long)c)]) : null;
        var texts = new List<TextGrounding>();
        for (var (text, first) = (0, 0); text < counts.Length; first += counts[text++])
        {
            texts.Add(new TextGrounding
            {
                GlobalSimilarity = global[text],
                LocalSimilarity = Similarity.Local(similarities.AsSpan(first, counts[text]), _similarity.WordTemperature),
                Words =
                {
                    Enumerable.Range(first, counts[text]).Select(word => new WordGrounding
                    {
                        Similarity = similarities[word],
                        PeakRow = (int)peaks[word] / side,
                        PeakColumn = (int)peaks[word] % side,
                    }),
                },
                Attention = attention is null ? null : TorchWire.Rows(attention[text].view(1, counts[text], side, side), step.DataType)[0],
            });
        }
        return texts;
    }

    private void Free(ExpertState state)
    {
        Interlocked.Decrement(ref _calls);
        foreach (var level in state.Levels)
        {
            level?.Native.Dispose();
            level?.ScaleScores.Dispose();
        }
        Array.Clear(state.Levels);
    }
}
