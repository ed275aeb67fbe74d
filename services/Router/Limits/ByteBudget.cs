namespace MedMoE.Mesh.Router.Limits;

/// <summary>A limit on bytes of messages. A single message of any size is accepted: Serving:MaxMessageBytes limits it.</summary>
internal sealed class ByteBudget(long max)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Taken)> _waiting = [];
    private long _held;

    public long Max => max;

    /// <summary>Reserves bytes until <see cref="Release"/>, if they are free and no other caller waits.</summary>
    public bool TryTake(long bytes)
    {
        lock (_lock)
        {
            return _waiting.Count == 0 && TryHold(bytes);
        }
    }

    /// <summary>Waits until the bytes are free, first come first served.</summary>
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
                // They were reserved at the moment of the cancellation.
                Release(bytes);
            }
            throw;
        }
    }

    /// <summary>Counts bytes even beyond the limit: for a message that exists already.</summary>
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
        // It may have blocked smaller ones behind it.
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
