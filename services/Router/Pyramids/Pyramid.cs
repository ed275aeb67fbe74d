namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>A pyramid that may be incomplete: readers wait for the level they need.</summary>
internal sealed class Pyramid
{
    public const int Levels = 4;

    private readonly TaskCompletionSource<RelayMessage>[] _levels =
        [.. Enumerable.Range(0, Levels).Select(_ => new TaskCompletionSource<RelayMessage>(TaskCreationOptions.RunContinuationsAsynchronously))];

    private readonly TaskCompletionSource<PyramidSummary> _summary = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Levels received so far.</summary>
    public int Count { get; private set; }

    /// <summary>Sent with the last level.</summary>
    public Task<PyramidSummary> Summary => _summary.Task;

    /// <summary>Completes with a level, 0 the finest, when it has been received. Faults if it will not be.</summary>
    public Task<RelayMessage> Level(int level) => _levels[level].Task;

    /// <summary>Adds the next level. One writer at a time.</summary>
    /// <exception cref="InvalidDataException">Not the next level.</exception>
    public void Add(RelayMessage message)
    {
        var head = message.ReadHead();
        if (Count == Levels || head.Level != Count || head.LevelCount != Levels)
        {
            throw new InvalidDataException($"level {head.Level} of {head.LevelCount} received, expected level {Count} of {Levels}");
        }
        _levels[Count++].SetResult(message);
        if (Count == Levels)
        {
            _summary.SetResult(new PyramidSummary(head.Pooled, head.Model, head.Timing));
        }
    }

    /// <summary>Fails the levels that are missing, and so their readers.</summary>
    public void Fail(Exception reason)
    {
        foreach (var level in _levels)
        {
            level.TrySetException(reason);
            // Observe the exception: there may be no reader for this level.
            _ = level.Task.Exception;
        }
        _summary.TrySetException(reason);
        _ = _summary.Task.Exception;
    }
}
