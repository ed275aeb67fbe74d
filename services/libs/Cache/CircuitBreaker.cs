namespace MedMoE.Mesh.Cache;

/// <summary>
/// Whether operations of one kind are tried. One that Redis refuses, or that has no connection, pauses them at once. A slow one does not: only when
/// nothing has been in time for as long as a pause are they paused, so that a busy moment of either machine is no outage.
/// </summary>
/// <param name="pause">How long operations are paused.</param>
/// <param name="time">The clock.</param>
/// <param name="broke">Called once when a trouble begins, with its reason.</param>
/// <param name="healed">Called once when it has ended: nothing has failed for <see cref="CalmPauses"/> pauses.</param>
internal sealed class CircuitBreaker(TimeSpan pause, TimeProvider time, Action<string> broke, Action healed)
{
    /// <summary>A trouble that comes and goes, such as a Redis that is full most of the time, is one trouble.</summary>
    private const int CalmPauses = 10;

    /// <summary>Slow ones at least: a single one may be followed by a second without any.</summary>
    private const int MinSlow = 3;

    private readonly Lock _lock = new();
    private long _pausedSince;
    private long _slowSince;
    private int _slow;
    private bool _isPaused;
    private bool _isTrial;
    private bool _isBroken;

    /// <summary>Whether operations are to be left out now.</summary>
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
        healed();
    }

    /// <summary>It was refused, or there is no connection.</summary>
    public void Failed(string reason)
    {
        lock (_lock)
        {
            if (!Pause())
            {
                return;
            }
        }
        broke(reason);
    }

    /// <summary>It was not answered in time.</summary>
    public void TimedOut(string reason)
    {
        lock (_lock)
        {
            if (_slow++ == 0)
            {
                _slowSince = time.GetTimestamp();
            }
            var isOutage = _slow >= MinSlow && time.GetElapsedTime(_slowSince) >= pause;
            // The first ones after a pause are a trial: they need not be slow for long.
            if (!(isOutage || _isTrial) || !Pause())
            {
                return;
            }
        }
        broke(reason);
    }

    /// <summary>Returns whether this is news.</summary>
    private bool Pause()
    {
        (_pausedSince, _isPaused, _isTrial) = (time.GetTimestamp(), true, true);
        var isNews = !_isBroken;
        _isBroken = true;
        return isNews;
    }
}
