namespace MedMoE.Mesh.Cache;

/// <summary>
/// Pauses one kind of Redis operation. An error or a lost connection pauses it at once. Timeouts pause it only when nothing has succeeded for a whole
/// <paramref name="pause"/>, so that a short load peak is no outage. <paramref name="opened"/> is called once per outage with the reason, and
/// <paramref name="closed"/> once it is over: nothing has failed for <see cref="CalmPauses"/> pauses.
/// </summary>
internal sealed class CircuitBreaker(TimeSpan pause, TimeProvider time, Action<string> opened, Action closed)
{
    /// <summary>Failures that come and go, as of a Redis that is full most of the time, count as one outage.</summary>
    private const int CalmPauses = 10;

    /// <summary>Least number of timeouts for an outage: after a single one there may be no other operation for a second.</summary>
    private const int MinSlow = 3;

    private readonly Lock _lock = new();
    private long _pausedSince;
    private long _slowSince;
    private int _slow;
    private bool _isPaused;
    private bool _isTrial;
    private bool _isBroken;

    /// <summary>Whether operations are paused now.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                _isPaused &= time.GetElapsedTime(_pausedSince) < pause;
                return _isPaused;
            }
        }
    }

    public void Succeeded()
    {
        lock (_lock)
        {
            (_slow, _isTrial) = (0, false);
            if (!_isBroken || time.GetElapsedTime(_pausedSince) < CalmPauses * pause)
            {
                return;
            }
            _isBroken = false;
        }
        closed();
    }

    public void Failed(string reason)
    {
        lock (_lock)
        {
            if (!Pause())
            {
                return;
            }
        }
        opened(reason);
    }

    public void TimedOut(string reason)
    {
        lock (_lock)
        {
            if (_slow++ == 0)
            {
                _slowSince = time.GetTimestamp();
            }
            var isOutage = _slow >= MinSlow && time.GetElapsedTime(_slowSince) >= pause;
            // The first operations after a pause are a trial: one timeout is enough to pause again.
            if (!(isOutage || _isTrial) || !Pause())
            {
                return;
            }
        }
        opened(reason);
    }

    /// <returns>Whether an outage begins.</returns>
    private bool Pause()
    {
        (_pausedSince, _isPaused, _isTrial) = (time.GetTimestamp(), true, true);
        var isFirst = !_isBroken;
        _isBroken = true;
        return isFirst;
    }
}
