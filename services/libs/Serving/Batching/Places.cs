using MedMoE.Mesh.Serving.Sharing;

namespace MedMoE.Mesh.Serving.Batching;

/// <summary>
/// Limits work before a model, such as decoding images, which takes memory, or calls to another service. Running and waiting work are bounded, in
/// number and in bytes; more is refused.
/// </summary>
/// <remarks>Callers take turns (<see cref="FairQueue{T}"/>); small work overtakes work that waits for memory.</remarks>
/// <param name="options">The limits.</param>
/// <param name="refused">Told how much work is refused, when it is.</param>
public sealed class Places(PlacesOptions options, Action<int>? refused = null)
{
    // Guards the fields below.
    private readonly Lock _lock = new();
    private readonly FairQueue<Waiting> _waiting = new();
    private readonly ServicePace _pace = new();
    private int _present;
    private long _heldBytes;
    private int _running;
    private long _neededBytes;
    private long _lastEnd;
    private bool _isBusySinceLastEnd;

    /// <summary>Runs work on the caller's thread when there is capacity for it.</summary>
    /// <param name="held">Bytes that the request holds already while it waits.</param>
    /// <param name="needed">Bytes that the work takes while it runs, capped at the limit.</param>
    /// <param name="work">The work.</param>
    /// <param name="cancellation">Cancelled when the caller disconnects or cancels.</param>
    /// <exception cref="QueueFullException">Too much work waits. Thrown at once.</exception>
    public async Task<T> Run<T>(long held, long needed, Func<T> work, CancellationToken cancellation)
    {
        var own = new Waiting(held, Math.Min(needed, options.Bytes));
        await Turn(own, deadline: null, cancellation);
        try
        {
            return work();
        }
        finally
        {
            EndTurn(own);
        }
    }

    /// <summary>Runs work that takes no memory to speak of.</summary>
    /// <param name="work">The work.</param>
    /// <param name="deadline">When the work is for nothing; null: never.</param>
    /// <param name="cancellation">Cancelled when the caller disconnects or cancels.</param>
    /// <exception cref="QueueFullException">Too much work waits, or it cannot be done before the deadline. Thrown at once.</exception>
    public async Task Run(Func<Task> work, DateTimeOffset? deadline, CancellationToken cancellation)
    {
        var own = new Waiting(Held: 0, Needed: 0);
        await Turn(own, deadline, cancellation);
        try
        {
            await work();
        }
        finally
        {
            EndTurn(own);
        }
    }

    private void Enter(Waiting own)
    {
        if (_present > 0 && _heldBytes + own.Held > options.Bytes)
        {
            MakeRoom(
                new QueueFullException(
                    $"waiting requests hold {_heldBytes} bytes, the limit is {options.Bytes} ({options.BytesSetting})", options.RetryAfter),
                _waiting.VictimsFor(CallerShare.Current, _heldBytes + own.Held - options.Bytes, waiting => waiting.Held));
        }
        if (_present >= options.AtOnce + options.Waiting)
        {
            MakeRoom(new QueueFullException(options.Waiting, options.RetryAfter), _waiting.VictimsFor(CallerShare.Current, 1));
        }
        _present++;
        _heldBytes += own.Held;
    }

    /// <exception cref="QueueFullException">There is nobody to send away.</exception>
    private void MakeRoom(QueueFullException full, IReadOnlyList<FairQueue<Waiting>.Node>? victims)
    {
        refused?.Invoke(victims?.Count ?? 1);
        foreach (var victim in victims ?? throw full)
        {
            _waiting.Remove(victim);
            Leave(victim.Item);
            victim.Item.Turn.SetException(full);
        }
    }

    private void Leave(Waiting own)
    {
        _present--;
        _heldBytes -= own.Held;
    }

    private async Task Turn(Waiting own, DateTimeOffset? deadline, CancellationToken cancellation)
    {
        FairQueue<Waiting>.Node node;
        lock (_lock)
        {
            RequireInTime(deadline);
            Enter(own);
            node = _waiting.Add(own, CallerShare.Current);
            Dispatch();
        }
        using var gone = cancellation.Register(() =>
        {
            lock (_lock)
            {
                if (_waiting.Remove(node))
                {
                    Leave(own);
                    own.Turn.SetCanceled(cancellation);
                }
            }
        });
        await own.Turn.Task;
    }

    /// <exception cref="QueueFullException">The work would be done after its deadline.</exception>
    private void RequireInTime(DateTimeOffset? deadline)
    {
        if (deadline is not { } end)
        {
            return;
        }
        var (ahead, left) = (_running + _waiting.AheadOf(CallerShare.Current), end - options.Time.GetUtcNow());
        if (!_pace.IsInTime(ahead, left))
        {
            refused?.Invoke(1);
            throw _pace.Refusal(ahead, left, options.RetryAfter);
        }
    }

    private void EndTurn(Waiting own)
    {
        lock (_lock)
        {
            // The time between two ends, while there is always more to do, is that of one item, however many run at once. Of one that ran alone it
            // is its own, so that an old pace, by which others are refused, does not last.
            var now = options.Time.GetTimestamp();
            _pace.Served(1, options.Time.GetElapsedTime(_isBusySinceLastEnd ? _lastEnd : own.Started, now), _isBusySinceLastEnd);
            (_lastEnd, _isBusySinceLastEnd) = (now, _running > 1);
            _running--;
            _neededBytes -= own.Needed;
            Leave(own);
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
            next.Item.Started = options.Time.GetTimestamp();
            next.Item.Turn.SetResult();
        }
    }

    private sealed record Waiting(long Held, long Needed)
    {
        /// <summary>When its turn came.</summary>
        public long Started { get; set; }

        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
