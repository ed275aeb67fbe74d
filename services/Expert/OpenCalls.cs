using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Sharing;

namespace MedMoE.Mesh.Expert;

/// <summary>
/// Limits the number and bytes of open calls: bytes count from the header on, calls from their first level on. At the limit, the call that has waited
/// longest for its caller's next message is ended, or the last ones of a caller with more than the newcomer for its weight.
/// </summary>
internal sealed class OpenCalls(int maxPlaces, long maxBytes, TimeSpan retryAfter, BatcherMetrics metrics, TimeProvider time)
{
    /// <summary>How long a call may wait for its caller before it may be ended for any other: a backbone's levels come faster.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(2);

    // Guards the fields below.
    private readonly Lock _lock = new();
    private readonly FairQueue<Holding> _open = new();
    // Calls that wait for their callers, the longest wait first.
    private readonly LinkedList<Holding> _waiting = [];
    private int _places;
    private long _bytes;

    /// <summary>Counts more for a call.</summary>
    /// <exception cref="QueueFullException">No capacity is left, or the call itself was ended for another.</exception>
    public void Take(Holding call, int places, long bytes)
    {
        lock (_lock)
        {
            ThrowIfEnded(call);
            while (_places + places > maxPlaces || (_bytes > 0 && _bytes + bytes > maxBytes))
            {
                MakeRoomFor(call, places, bytes);
            }
            _places += places;
            _bytes += bytes;
            call.Places += places;
            call.Bytes += bytes;
            call.OpenNode ??= _open.Add(call, call.Share);
        }
    }

    /// <summary>Call it before the wait for the caller's next message.</summary>
    /// <exception cref="QueueFullException">The call was ended for another.</exception>
    public void BeginWait(Holding call)
    {
        lock (_lock)
        {
            ThrowIfEnded(call);
            call.WaitingSince = time.GetTimestamp();
            _waiting.AddLast(call.WaitNode);
        }
    }

    /// <summary>Call it when the next message has come.</summary>
    /// <exception cref="QueueFullException">The call was ended for another.</exception>
    public void EndWait(Holding call)
    {
        lock (_lock)
        {
            ThrowIfEnded(call);
            _waiting.Remove(call.WaitNode);
        }
    }

    /// <exception cref="QueueFullException">The call was ended for another.</exception>
    public void RequireOpen(Holding call)
    {
        lock (_lock)
        {
            ThrowIfEnded(call);
        }
    }

    public void Release(Holding call)
    {
        lock (_lock)
        {
            Free(call);
        }
    }

    private static void ThrowIfEnded(Holding call)
    {
        if (call.Ended is { } ended)
        {
            throw ended;
        }
    }

    /// <exception cref="QueueFullException">There is no call that may be ended for this one.</exception>
    private void MakeRoomFor(Holding call, int places, long bytes)
    {
        if (_waiting.First is { } longest && time.GetElapsedTime(longest.Value.WaitingSince) >= _grace)
        {
            var limits = $"{maxPlaces} calls or {maxBytes} bytes";
            End(longest.Value, new QueueFullException(
                $"ended for another call: no message for {_grace.TotalSeconds} s while the limit of {limits} was reached", retryAfter));
            return;
        }
        var (full, victims) = _places + places > maxPlaces
            ? (new QueueFullException(maxPlaces, retryAfter),
                _open.VictimsFor(call.Share, _places + places - maxPlaces, open => open.Places))
            : (new QueueFullException($"open calls hold {_bytes} bytes, the limit is {maxBytes} (Expert:MaxCallBytes)", retryAfter),
                _open.VictimsFor(call.Share, _bytes + bytes - maxBytes, open => open.Bytes));
        metrics.Refused(victims?.Count ?? 1);
        foreach (var victim in victims ?? throw full)
        {
            End(victim.Item, full);
        }
    }

    private void End(Holding call, QueueFullException reason)
    {
        Free(call);
        call.Ended = reason;
        call.Evict();
    }

    private void Free(Holding call)
    {
        if (call.WaitNode.List is not null)
        {
            _waiting.Remove(call.WaitNode);
        }
        if (call.OpenNode is { } open)
        {
            _open.Remove(open);
        }
        _places -= call.Places;
        _bytes -= call.Bytes;
        (call.Places, call.Bytes, call.OpenNode) = (0, 0, null);
    }
}
