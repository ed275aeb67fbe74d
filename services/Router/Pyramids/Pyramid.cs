namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>A pyramid that may still be growing: whoever reads it waits for the level he needs next.</summary>
internal sealed class Pyramid
{
    /// <summary>Levels of a pyramid.</summary>
    public const int Levels = 4;

    private readonly TaskCompletionSource<RelayMessage>[] _levels =
        [.. Enumerable.Range(0, Levels).Select(_ => new TaskCompletionSource<RelayMessage>(TaskCreationOptions.RunContinuationsAsynchronously))];

    private readonly TaskCompletionSource<PyramidSummary> _summary = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Levels that are there.</summary>
    public int Count { get; private set; }

    /// <summary>What came with the last level.</summary>
    public Task<PyramidSummary> Summary => _summary.Task;

    /// <summary>A level, 0 the finest, when it is there. Faults where it will not come.</summary>
    public Task<RelayMessage> Level(int level) => _levels[level].Task;

    /// <summary>Adds the next level. One writer at a time.</summary>
    /// <exception cref="InvalidDataException">No level, or not the one that is due.</exception>
    public void Add(RelayMessage message)
    {
        var head = message.ReadHead();
        if (Count == Levels || head.Level != Count || head.LevelCount != Levels)
        {
            throw new InvalidDataException($"level {head.Level} of {head.LevelCount} came when level {Count} of {Levels} was due");
        }
        _levels[Count++].SetResult(message);
        if (Count == Levels)
        {
            _summary.SetResult(new PyramidSummary(head.Pooled, head.Model, head.Timing));
        }
    }

    /// <summary>Tells everybody who waits that no more levels will come.</summary>
    public void Fail(Exception reason)
    {
        foreach (var level in _levels)
        {
            level.TrySetException(reason);
            // Seen, even if nobody waits for this level.
            _ = level.Task.Exception;
        }
        _summary.TrySetException(reason);
        _ = _summary.Task.Exception;
    }
}
