using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Expert;

/// <summary>A call above the batcher: checks what comes in and hands it to the model step by step.</summary>
/// <param name="model">The expert.</param>
/// <param name="deadline">The caller's.</param>
/// <param name="cancellation">Cancelled when the caller has gone.</param>
internal sealed class ExpertCall(ExpertModel model, DateTimeOffset? deadline, CancellationToken cancellation) : IDisposable
{
    // Cancelled when the call ends, however it does: steps that still wait then are of no use to anybody.
    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    private readonly ExpertState _state = new();
    private readonly List<Task<Batched<LocalizeResponse?>>> _projections = [];
    private LocalizeHeader? _header;
    private EncodedQueries? _texts;
    private DataType _type;
    private long _finestSide;
    private long _side;

    /// <exception cref="InvalidFieldException">There was one before, or it cannot be used.</exception>
    public void Begin(LocalizeHeader header)
    {
        if (_header is not null)
        {
            throw new InvalidFieldException("header", "came twice");
        }
        _texts = Read(header);
        _type = WireTensors.Require(header.DataType, "header.data_type", absent: DataType.Fp32);
        _header = header;
    }

    /// <exception cref="InvalidFieldException">No header yet, not the level that is due, or misshapen.</exception>
    public void Add(PyramidLevel level)
    {
        var due = _projections.Count;
        if (_header is null)
        {
            throw new InvalidFieldException("header", "is missing: it comes before the levels");
        }
        if (level.Level != due || due == PyramidBackbone.Levels)
        {
            throw new InvalidFieldException("level.level", due < PyramidBackbone.Levels ? $"is {level.Level}, but level {due} is due" : $"is {level.Level}, but all levels are here");
        }
        WireTensors.Require(level.Features, "level.features", -1, -1, model.LevelChannels[due]);
        var (height, width) = (level.Features.Shape[0], level.Features.Shape[1]);
        // Patch merging halves a side and rounds up.
        var expected = due == 0 ? Math.Max(height, 1) : (_side + 1) / 2;
        if (height != expected || width != expected)
        {
            throw new InvalidFieldException("level.features", $"is {height}×{width}, expected {expected}×{expected}");
        }
        WireTensors.RequireFinite(level.Features, "level.features");
        _side = expected;
        _finestSide = due == 0 ? expected : _finestSide;
        _projections.Add(Submit(new ProjectLevel(_state, due, level.Features, _finestSide)));
    }

    /// <exception cref="InvalidFieldException">Something is missing.</exception>
    public async Task<LocalizeResponse> Finish()
    {
        if (_header is null)
        {
            throw new InvalidFieldException("header", "is missing");
        }
        if (_projections.Count < PyramidBackbone.Levels)
        {
            throw new InvalidFieldException("level", $"{_projections.Count} came, expected {PyramidBackbone.Levels}");
        }
        var grounding = Submit(new GroundTexts(_state, _texts!, _header, _type));
        Batched<LocalizeResponse?>[] steps = [.. await Task.WhenAll(_projections), await grounding];
        var response = steps[^1].Value!;
        response.Timing = new Timing
        {
            QueueMs = (float)steps.Sum(s => s.Queued.TotalMilliseconds),
            ModelMs = (float)steps.Sum(s => s.Model.TotalMilliseconds),
            BatchSize = steps.Max(s => s.BatchSize),
        };
        return response;
    }

    public void Dispose()
    {
        _ended.Cancel();
        model.Close(_state);
    }

    private Task<Batched<LocalizeResponse?>> Submit(ExpertStep step) => model.Batcher.Submit(step, deadline, _ended.Token);

    private EncodedQueries Read(LocalizeHeader header)
    {
        var (words, sentences, counts) = (new List<float>(), new List<float>(), new List<int>());
        for (var i = 0; i < header.Texts.Count; i++)
        {
            words.AddRange(WireTensors.ToSingles(header.Texts[i].WordEmbeddings, $"header.texts[{i}].word_embeddings", -1, model.EmbeddingDim));
            sentences.AddRange(WireTensors.ToSingles(header.Texts[i].Sentence, $"header.texts[{i}].sentence", model.EmbeddingDim));
            counts.Add((int)header.Texts[i].WordEmbeddings.Shape[0]);
            if (counts[^1] == 0)
            {
                throw new InvalidFieldException($"header.texts[{i}].word_embeddings", "has no words");
            }
        }
        var all = counts.Sum();
        return all <= model.MostWords
            ? new EncodedQueries([.. words], counts, [.. sentences])
            : throw new InvalidFieldException("header.texts", $"have {all} words, over the limit of {model.MostWords}");
    }
}
