using MedMoE.Mesh.Serving.Batching;

namespace MedMoE.Mesh.Expert;

/// <summary>
/// What open calls hold of an expert: bytes from their header on, a place from their first level on. Where there is no room left, the call
/// gives way that has waited longest for its own caller.
/// </summary>
/// <param name="maxPlaces">Places.</param>
/// <param name="maxBytes">Bytes of all calls together.</param>
/// <param name="retryAfter">What a refused caller is told to wait.</param>
/// <param name="metrics">Told of what is refused.</param>
/// <param name="time">The clock.</param>
internal sealed class OpenCalls(int maxPlaces, long maxBytes, TimeSpan retryAfter, BatcherMetrics metrics, TimeProvider time)
{
    /// <summary>How long a call may wait for its caller before it gives way: a backbone's levels come faster.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(2);

    // Guards what follows.
    private readonly Lock _lock = new();
    // The calls that wait for their callers, those first that have waited longest.
    private readonly LinkedList<Holding> _silent = [];
    private int _places;
    private long _bytes;

    /// <summary>Takes more for a call.</summary>
    /// <exception cref="QueueFullException">There is no room, or the call itself has had to give way.</exception>
    public void Take(Holding call, int places, long bytes)
    {
        lock (_lock)
        {
            while (_places + places > maxPlaces || (_bytes > 0 && _bytes + bytes > maxBytes))
            {
                if (_silent.First is not { } longest || time.GetElapsedTime(longest.Value.SilentSince) < _grace)
                {
                    metrics.Refused(1);
                    throw _places + places > maxPlaces
                        ? new QueueFullException(maxPlaces, retryAfter)
                        : new QueueFullException($"open calls hold {_bytes} bytes, and {maxBytes} is the limit (Expert:MaxCallBytes)", retryAfter);
                }
                Free(longest.Value);
                longest.Value.GiveWay();
            }
            _places += places;
            _bytes += bytes;
            call.Places += places;
            call.Bytes += bytes;
        }
    }

    /// <summary>From now on the call waits for its caller's next message.</summary>
    public void FallSilent(Holding call)
    {
        lock (_lock)
        {
            call.SilentSince = time.GetTimestamp();
            _silent.AddLast(call.Silence);
        }
    }

    /// <summary>The next message is there.</summary>
    /// <exception cref="QueueFullException">The call has had to give way.</exception>
    public void EndSilence(Holding call)
    {
        lock (_lock)
        {
            if (call.Silence.List is null)
            {
                throw GaveWay();
            }
            _silent.Remove(call.Silence);
        }
    }

    /// <summary>What is told to a call that has had to give way.</summary>
    public QueueFullException GaveWay() => new(
        $"another call needed the room: no next message came for {_grace.TotalSeconds} s, and all {maxPlaces} places or {maxBytes} bytes were taken",
        retryAfter);

    /// <summary>Gives back all that a call holds.</summary>
    public void Release(Holding call)
    {
        lock (_lock)
        {
            Free(call);
        }
    }

    private void Free(Holding call)
    {
        if (call.Silence.List is not null)
        {
            _silent.Remove(call.Silence);
        }
        _places -= call.Places;
        _bytes -= call.Bytes;
        (call.Places, call.Bytes) = (0, 0);
    }
}
