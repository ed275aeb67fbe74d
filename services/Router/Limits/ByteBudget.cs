namespace MedMoE.Mesh.Router.Limits;

/// <summary>
/// Bytes of messages that a process holds at once, at most. A message that is alone is always taken, however large:
/// Serving:MaxMessageBytes bounds it.
/// </summary>
/// <param name="max">Bytes.</param>
internal sealed class ByteBudget(long max)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Taken)> _waiting = [];
    private long _held;

    /// <summary>The limit.</summary>
    public long Max => max;

    /// <summary>Takes bytes where they are free and nobody waits for some; <see cref="Release"/> gives them back.</summary>
    public bool TryTake(long bytes)
    {
        lock (_lock)
        {
            return _waiting.Count == 0 && TryHold(bytes);
        }
    }

    /// <summary>Takes bytes when they are free, in the order of callers.</summary>
    public async Task Take(long bytes, CancellationToken cancellation)
    {
        LinkedListNode<(long, TaskCompletionSource)> waiting;
        lock (_lock)
        {
            if (_waiting.Count == 0 && TryHold(bytes))
            {
                return;
            }
            waiting = _waiting.AddLast((bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }
        try
        {
            await waiting.Value.Item2.Task.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            if (!TryLeave(waiting))
            {
                // Taken at the same moment.
                Release(bytes);
            }
            throw;
        }
    }

    /// <summary>Holds more than was taken, whatever is free: for what has been made already.</summary>
    public void Hold(long bytes)
    {
        lock (_lock)
        {
            _held += bytes;
        }
    }

    public void Release(long bytes)
    {
        lock (_lock)
        {
            _held -= bytes;
            while (_waiting.First is { } next && TryHold(next.Value.Bytes))
            {
                _waiting.RemoveFirst();
                next.Value.Taken.SetResult();
            }
        }
    }

    private bool TryLeave(LinkedListNode<(long, TaskCompletionSource)> waiting)
    {
        bool left;
        lock (_lock)
        {
            left = waiting.List is not null;
            if (left)
            {
                _waiting.Remove(waiting);
            }
        }
        // It may have kept smaller ones behind it waiting.
        Release(0);
        return left;
    }

    private bool TryHold(long bytes)
    {
        if (_held > 0 && _held + bytes > max)
        {
            return false;
        }
        _held += bytes;
        return true;
    }
}
