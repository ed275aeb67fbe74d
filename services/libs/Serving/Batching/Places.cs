using MedMoE.Mesh.Serving.Sharing;

namespace MedMoE.Mesh.Serving.Batching;

/// <summary>
/// Limits work before a model that takes memory, such as decoding images. Running and waiting work are bounded, in number and in bytes; more is
/// refused.
/// </summary>
/// <remarks>Callers take turns (<see cref="FairQueue{T}"/>); small work overtakes work that waits for memory.</remarks>
/// <param name="options">The limits.</param>
/// <param name="metrics">Those of the model's batcher, because callers see one queue.</param>
public sealed class Places(PlacesOptions options, BatcherMetrics metrics)
{
    // Guards the fields below.
    private readonly Lock _lock = new();
    private readonly FairQueue<Waiting> _waiting = new();
    private int _present;
    private long _heldBytes;
    private int _running;
    private long _neededBytes;

    /// <summary>Runs work on the caller's thread when there is capacity for it.</summary>
    /// <param name="held">Bytes that the request holds already while it waits.</param>
    /// <param name="needed">Bytes that the work takes while it runs, capped at the limit.</param>
    /// <param name="work">The work.</param>
    /// <param name="cancellation">Cancelled when the caller disconnects or cancels.</param>
    /// <exception cref="QueueFullException">Too much work waits. Thrown at once.</exception>
    public async Task<T> Run<T>(long held, long needed, Func<T> work, CancellationToken cancellation)
    {
        Enter(held);
        try
        {
            needed = Math.Min(needed, options.Bytes);
            await Turn(needed, cancellation);
            try
            {
                return work();
            }
            finally
            {
                EndTurn(needed);
            }
        }
        finally
        {
            Leave(held);
        }
    }

    private void Enter(long held)
    {
        lock (_lock)
        {
            if (_present > 0 && _heldBytes + held > options.Bytes)
            {
                metrics.Refused(1);
                throw new QueueFullException(
                    $"waiting requests hold {_heldBytes} bytes, the limit is {options.Bytes} ({options.BytesSetting})", options.RetryAfter);
            }
            if (_present >= options.AtOnce + options.Waiting)
            {
                var full = new QueueFullException(options.Waiting, options.RetryAfter);
                if (_waiting.VictimsFor(CallerShare.Current, 1) is not [var victim])
                {
                    metrics.Refused(1);
                    throw full;
                }
                _waiting.Remove(victim);
                metrics.Refused(1);
                victim.Item.Turn.SetException(full);
            }
            _present++;
            _heldBytes += held;
        }
    }

    private void Leave(long held)
    {
        lock (_lock)
        {
            _present--;
            _heldBytes -= held;
        }
    }

    private async Task Turn(long needed, CancellationToken cancellation)
    {
        var own = new Waiting(needed);
        FairQueue<Waiting>.Node node;
        lock (_lock)
        {
            node = _waiting.Add(own, CallerShare.Current);
            Dispatch();
        }
        using var gone = cancellation.Register(() =>
        {
            lock (_lock)
            {
                if (_waiting.Remove(node))
                {
                    own.Turn.SetCanceled(cancellation);
                }
            }
        });
        await own.Turn.Task;
    }

    private void EndTurn(long needed)
    {
        lock (_lock)
        {
            _running--;
            _neededBytes -= needed;
            Dispatch();
        }
    }

    private void Dispatch()
    {
        while (_running < options.AtOnce
            && _waiting.InOrder.FirstOrDefault(node => _neededBytes + node.Item.Needed <= options.Bytes) is { } next)
        {
            _waiting.Take(next);
            _running++;
            _neededBytes += next.Item.Needed;
            next.Item.Turn.SetResult();
        }
    }

    private sealed record Waiting(long Needed)
    {
        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
