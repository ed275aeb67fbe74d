using System.Runtime.InteropServices;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Expert;

/// <summary>One Localize call: checks its messages and submits its steps to the batcher.</summary>
internal sealed class ExpertCall : IDisposable
{
    private const string Features = "level.features";

    // Notes are returned to the caller and cached.
    private const int MaxNotes = 8;
    private const int MaxNoteLength = 500;

    private readonly ExpertModel _model;
    private readonly DateTimeOffset? _deadline;
    // Cancelled when the call ends in any way: steps still in the queue are then useless.
    private readonly CancellationTokenSource _ended;
    private readonly CancellationTokenSource _evicted = new();
    private readonly Holding _holding;
    private readonly ExpertState _state;
    private readonly List<Task<Batched<LocalizeResponse?>>> _projections = [];
    private readonly List<string> _notes = [];
    private EncodedQueries? _texts;
    private AnswerParts? _parts;

    public ExpertCall(ExpertModel model, DateTimeOffset? deadline, CancellationToken cancellation)
    {
        (_model, _deadline, _state) = (model, deadline, new ExpertState(model.Hold()));
        _ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _evicted.Token);
        _holding = new Holding { Evict = () => _ = _evicted.CancelAsync() };
    }

    /// <summary>Waits for the next message. Meanwhile another call that needs the capacity may end this one.</summary>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="TimeoutException">No message came within the timeout.</exception>
    /// <exception cref="QueueFullException">The call was ended to free capacity for another.</exception>
    public async Task<bool> AwaitMessage(Func<CancellationToken, Task<bool>> next, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _evicted.Token);
        timeout.CancelAfter(_model.MessageTimeout);
        _model.OpenCalls.BeginWait(_holding);
        bool more;
        try
        {
            more = await next(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw (Exception?)_holding.Ended
                ?? new TimeoutException($"no message received for {_model.MessageTimeout.TotalSeconds} s (Expert:MessageTimeout)");
        }
        _model.OpenCalls.EndWait(_holding);
        return more;
    }

    /// <summary>Refuses a message, before it is read, that is larger than any level of the model.</summary>
    /// <exception cref="InvalidFieldException">The message follows the header and is too large.</exception>
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

    /// <exception cref="InvalidFieldException">A second header, or an invalid one.</exception>
    /// <exception cref="QueueFullException">Open calls hold too many bytes.</exception>
    public void Begin(LocalizeHeader header)
    {
        if (_texts is not null)
        {
            throw new InvalidFieldException("header", "was sent twice");
        }
        _parts = new AnswerParts(
            header.ReturnAttention, header.ReturnLocalFeatures, WireTensors.Require(header.DataType, "header.data_type", absent: DataType.Fp32));
        var texts = EncodedQueries.Read(header, _model.Limits);
        _model.OpenCalls.Take(_holding, places: 0, texts.Bytes);
        _texts = texts;
    }

    /// <exception cref="InvalidFieldException">No header yet, a level out of order, or with a wrong shape.</exception>
    /// <exception cref="QueueFullException">The limit of open calls is reached.</exception>
    public void Add(PyramidLevel level)
    {
        var due = _projections.Count;
        if (_texts is null)
        {
            throw new InvalidFieldException("header", "is missing: it must be sent before the levels");
        }
        if (level.Level != due || due == PyramidBackbone.Levels)
        {
            throw new InvalidFieldException(
                "level.level",
                $"is {level.Level}, {(due < PyramidBackbone.Levels ? $"expected {due}" : "after all levels have been received")}");
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

    /// <exception cref="InvalidFieldException">Header or levels are missing, or values overflow in the network.</exception>
    /// <exception cref="QueueFullException">The call was ended for another caller's.</exception>
    public async Task<LocalizeResponse> Finish()
    {
        if (_texts is null)
        {
            throw new InvalidFieldException("header", "is missing");
        }
        if (_projections.Count < PyramidBackbone.Levels)
        {
            throw new InvalidFieldException("level", $"{_projections.Count} received, expected {PyramidBackbone.Levels}");
        }
        var steps = await Steps(_texts, _parts!);
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
        // Releases the capacity now; the tensors are freed with the model's next batch.
        _model.OpenCalls.Release(_holding);
        if (_projections.Count > 0)
        {
            _model.Batcher.Post(new EndCall(_state));
        }
        else
        {
            _state.Release();
        }
        _ended.Dispose();
        _evicted.Dispose();
    }

    /// <summary>All steps of the call, when the last of them has run.</summary>
    private async Task<Batched<LocalizeResponse?>[]> Steps(EncodedQueries texts, AnswerParts parts)
    {
        // Its steps are cancelled asynchronously, and may not be yet.
        _model.OpenCalls.RequireOpen(_holding);
        try
        {
            return await Task.WhenAll([.. _projections, Submit(new GroundTexts(_state, texts, parts))]);
        }
        catch (OperationCanceledException) when (_holding.Ended is { } ended)
        {
            throw ended;
        }
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
