using MedMoE.Mesh.Serving.Batching;

namespace MedMoE.Mesh.Expert;

/// <summary>
/// Limits the number and bytes of open calls: bytes count from the header on, calls from their first level on. At the limit, the call that has waited
/// longest for its caller's next message is ended.
/// </summary>
internal sealed class OpenCalls(int maxPlaces, long maxBytes, TimeSpan retryAfter, BatcherMetrics metrics, TimeProvider time)
{
    /// <summary>How long a call may wait for its caller before it may be ended for another: a backbone's levels come faster.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(2);

    // Guards the fields below.
    private readonly Lock _lock = new();
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
            while (_places + places > maxPlaces || (_bytes > 0 && _bytes + bytes > maxBytes))
            {
                if (_waiting.First is not { } longest || time.GetElapsedTime(longest.Value.WaitingSince) < _grace)
                {
                    metrics.Refused(1);
                    throw _places + places > maxPlaces
                        ? new QueueFullException(maxPlaces, retryAfter)
                        : new QueueFullException($"open calls hold {_bytes} bytes, the limit is {maxBytes} (Expert:MaxCallBytes)", retryAfter);
                }
                Free(longest.Value);
                longest.Value.Evict();
            }
            _places += places;
            _bytes += bytes;
            call.Places += places;
            call.Bytes += bytes;
        }
    }

    /// <summary>Call it before the wait for the caller's next message.</summary>
    public void BeginWait(Holding call)
    {
        lock (_lock)
        {
            call.WaitingSince = time.GetTimestamp();
            _waiting.AddLast(call.WaitNode);
        }
    }

    /// <summary>Call it when the next message has come.</summary>
    /// <exception cref="QueueFullException">The call was ended to free capacity for another.</exception>
    public void EndWait(Holding call)
    {
        lock (_lock)
        {
            if (call.WaitNode.List is null)
            {
                throw Evicted();
            }
            _waiting.Remove(call.WaitNode);
        }
    }

    /// <summary>The error of a call that was ended to free capacity for another.</summary>
    public QueueFullException Evicted() => new(
        $"ended for another call: no message for {_grace.TotalSeconds} s while the limit of {maxPlaces} calls or {maxBytes} bytes was reached",
        retryAfter);

    public void Release(Holding call)
    {
        lock (_lock)
        {
            Free(call);
        }
    }

    private void Free(Holding call)
    {
        if (call.WaitNode.List is not null)
        {
            _waiting.Remove(call.WaitNode);
        }
        _places -= call.Places;
        _bytes -= call.Bytes;
        (call.Places, call.Bytes) = (0, 0);
    }
}
