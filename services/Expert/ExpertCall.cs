using System.Runtime.InteropServices;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Expert;

/// <summary>A call above the batcher: checks what comes in and hands it to the model step by step.</summary>
internal sealed class ExpertCall : IDisposable
{
    private const string Features = "level.features";

    // They go back to the caller, and into caches.
    private const int MaxNotes = 8;
    private const int MaxNoteLength = 500;

    private readonly ExpertModel _model;
    private readonly DateTimeOffset? _deadline;
    // Cancelled when the call ends, however it does: steps that still wait then are of no use to anybody.
    private readonly CancellationTokenSource _ended;
    private readonly CancellationTokenSource _gaveWay = new();
    private readonly Holding _holding;
    private readonly ExpertState _state = new();
    private readonly List<Task<Batched<LocalizeResponse?>>> _projections = [];
    private readonly List<string> _notes = [];
    private EncodedQueries? _texts;
    private AnswerParts? _parts;

    /// <param name="model">The expert.</param>
    /// <param name="deadline">The caller's.</param>
    /// <param name="cancellation">Cancelled when the caller has gone.</param>
    public ExpertCall(ExpertModel model, DateTimeOffset? deadline, CancellationToken cancellation)
    {
        (_model, _deadline) = (model, deadline);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _holding = new Holding { GiveWay = () => _ = _gaveWay.CancelAsync() };
    }

    /// <summary>Waits for the caller's next message. Meanwhile the call may have to give way to others.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="TimeoutException">It does not come.</exception>
    /// <exception cref="QueueFullException">The call has had to give way.</exception>
    public async Task<bool> AwaitMessage(Func<CancellationToken, Task<bool>> next, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _gaveWay.Token);
        patience.CancelAfter(_model.MessageTimeout);
        _model.OpenCalls.FallSilent(_holding);
        bool more;
        try
        {
            more = await next(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw _gaveWay.IsCancellationRequested
                ? _model.OpenCalls.GaveWay()
                : new TimeoutException($"the next message did not come within {_model.MessageTimeout.TotalSeconds} s (Expert:MessageTimeout)");
        }
        _model.OpenCalls.EndSilence(_holding);
        return more;
    }

    /// <summary>Refuses a message that is larger than any level of the model.</summary>
    /// <param name="bytes">Its bytes; it has not been read yet.</param>
    /// <exception cref="InvalidFieldException">It follows the header and is larger than any level.</exception>
    public void RequireSize(long bytes)
    {
        if (_texts is not null && bytes > _model.MaxLevelBytes)
        {
            throw new InvalidFieldException(
                "level",
                $"has {bytes} bytes, over the limit of {_model.MaxLevelBytes}: "
                + $"level 0 of this model is [{_model.LevelSides[0]}, {_model.LevelSides[0]}, {_model.LevelChannels[0]}]");
        }
    }

    /// <exception cref="InvalidFieldException">There was one before, or it cannot be used.</exception>
    /// <exception cref="QueueFullException">Open calls hold too much already.</exception>
    public void Begin(LocalizeHeader header)
    {
        if (_texts is not null)
        {
            throw new InvalidFieldException("header", "came twice");
        }
        _parts = new AnswerParts(
            header.ReturnAttention, header.ReturnLocalFeatures, WireTensors.Require(header.DataType, "header.data_type", absent: DataType.Fp32));
        var texts = EncodedQueries.Read(header, _model.Limits);
        _model.OpenCalls.Take(_holding, places: 0, texts.Bytes);
        _texts = texts;
    }

    /// <exception cref="InvalidFieldException">No header yet, not the level that is due, or misshapen.</exception>
    /// <exception cref="QueueFullException">Every place is taken.</exception>
    public void Add(PyramidLevel level)
    {
        var due = _projections.Count;
        if (_texts is null)
        {
            throw new InvalidFieldException("header", "is missing: it comes before the levels");
        }
        if (level.Level != due || due == PyramidBackbone.Levels)
        {
            throw new InvalidFieldException(
                "level.level", $"is {level.Level}, but {(due < PyramidBackbone.Levels ? $"level {due} is due" : "all levels are here")}");
        }
        var side = _model.LevelSides[due];
        WireTensors.Require(level.Features, $"{Features} of level {due}", side, side, _model.LevelChannels[due]);
        WireTensors.RequireFinite(level.Features, Features);
        if (level.Notes.Count > MaxNotes || level.Notes.Any(note => note.Length > MaxNoteLength))
        {
            throw new InvalidFieldException("level.notes", $"are more than {MaxNotes}, or one is longer than {MaxNoteLength} characters");
        }
        if (due == 0)
        {
            _model.OpenCalls.Take(_holding, places: 1, _model.CallBytes);
        }
        _notes.AddRange(level.Notes);
        _projections.Add(Submit(new ProjectLevel(_state, due, level.Features)));
    }

    /// <exception cref="InvalidFieldException">Something is missing, or its values overflow in the network.</exception>
    public async Task<LocalizeResponse> Finish()
    {
        if (_texts is null)
        {
            throw new InvalidFieldException("header", "is missing");
        }
        if (_projections.Count < PyramidBackbone.Levels)
        {
            throw new InvalidFieldException("level", $"{_projections.Count} came, expected {PyramidBackbone.Levels}");
        }
        var grounding = Submit(new GroundTexts(_state, _texts, _parts!));
        Batched<LocalizeResponse?>[] steps = [.. await Task.WhenAll(_projections), await grounding];
        var response = steps[^1].Value!;
        RequireFinite(response);
        response.Notes.AddRange(_notes);
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
        // At once: what the call has made goes with the model's next batch.
        _model.OpenCalls.Release(_holding);
        if (_projections.Count > 0)
        {
            _model.Batcher.Post(new EndCall(_state));
        }
        _ended.Dispose();
        _gaveWay.Dispose();
    }

    private Task<Batched<LocalizeResponse?>> Submit(ExpertStep step) => _model.Batcher.Submit(step, _deadline, _ended.Token);

    private static void RequireFinite(LocalizeResponse response)
    {
        var embedding = MemoryMarshal.Cast<byte, float>(response.ImageEmbedding.Data.Span);
        NetworkOutput.RequireLength(embedding, embedding.Length, Features);
        if (response.LocalFeatures is { } local)
        {
            NetworkOutput.RequireFinite(local, Features);
        }
        for (var i = 0; i < response.Texts.Count; i++)
        {
            var (text, field) = (response.Texts[i], $"header.texts[{i}]");
            NetworkOutput.RequireFinite([text.GlobalSimilarity, text.LocalSimilarity, .. text.Words.Select(w => w.Similarity)], field);
            if (text.Attention is { } attention)
            {
                NetworkOutput.RequireFinite(attention, field);
            }
        }
    }
}
