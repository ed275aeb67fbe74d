using MedMoE.Mesh.Orca;

namespace MedMoE.Mesh.Serving.Balancing;

/// <summary>
/// What one caller knows of a replica: its own calls that run there, how slow calls were beside those of other replicas, the load that the replica
/// reports, and whether it has failed. All but the first fade, so that a replica that is not asked is asked again.
/// </summary>
public sealed class ReplicaLoad(TimeProvider time)
{
    // A single slow call, such as a replica's first, does not reach the tolerance of ReplicaChoice.
    private const double Weight = 0.05;

    // Failures in a row, of which one caller's bad luck may be a few.
    private const int MaxFailures = 5;

    private static readonly TimeSpan _slownessLasts = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _utilizationFades = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _leastAbsence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _longestAbsence = TimeSpan.FromSeconds(80);

    private readonly Lock _gate = new();
    private int _inFlight;
    private double _slowness = 1;
    private long _slownessAt = time.GetTimestamp();
    private double _utilization;
    private long _utilizationAt;
    private int _failures;
    private long _absentSince;
    private TimeSpan _absence;
    private TimeSpan _nextAbsence = _leastAbsence;

    /// <summary>Calls of this caller that run there.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The time of its calls, as a ratio to the mean of all replicas' calls. 1 after a while without a call, so that one is tried.</summary>
    public double Slowness
    {
        get
        {
            lock (_gate)
            {
                return PresentSlowness();
            }
        }
    }

    /// <summary>The utilization that it reported, 0 if it never did.</summary>
    public double Utilization
    {
        get
        {
            lock (_gate)
            {
                return _utilization * Fading(_utilizationAt, _utilizationFades);
            }
        }
    }

    /// <summary>How much longer it is to be left out; zero if it is not.</summary>
    public TimeSpan Absence
    {
        get
        {
            lock (_gate)
            {
                return LeftOfAbsence();
            }
        }
    }

    internal void Began() => Interlocked.Increment(ref _inFlight);

    internal void Ended() => Interlocked.Decrement(ref _inFlight);

    internal void Reported(OrcaLoadReport report)
    {
        lock (_gate)
        {
            // Other servers may know but their processor.
            _utilization = report.ApplicationUtilization > 0 ? report.ApplicationUtilization : report.CpuUtilization;
            _utilizationAt = time.GetTimestamp();
        }
    }

    /// <summary>A call took this long, as a ratio from <see cref="MethodPaces"/>.</summary>
    internal void Took(double ratio)
    {
        lock (_gate)
        {
            // What is old counts less, so that the one call after a pause shows whether a slow replica still is.
            var weight = Math.Max(Weight, (1 - Fading(_slownessAt, _slownessLasts)) / 2);
            var before = PresentSlowness();
            _slowness = before + ((ratio - before) * weight);
            _slownessAt = time.GetTimestamp();
        }
    }

    internal void Answered()
    {
        lock (_gate)
        {
            (_failures, _nextAbsence) = (0, _leastAbsence);
        }
    }

    /// <summary>It failed; after several times in a row it is left out.</summary>
    internal void Failed()
    {
        lock (_gate)
        {
            if (++_failures >= MaxFailures)
            {
                LeaveOut();
            }
        }
    }

    /// <summary>
    /// It could not be reached or lost a call, and is left out. One that hangs accepts connections and looks ready to its channel, so that every call
    /// to it would wait for its pings.
    /// </summary>
    internal void Lost()
    {
        lock (_gate)
        {
            LeaveOut();
        }
    }

    /// <summary>Each time in a row twice as long. Calls that ran there together are lost together, and count once.</summary>
    private void LeaveOut()
    {
        if (LeftOfAbsence() == TimeSpan.Zero)
        {
            (_absentSince, _absence) = (time.GetTimestamp(), _nextAbsence);
            _nextAbsence = _nextAbsence * 2 < _longestAbsence ? _nextAbsence * 2 : _longestAbsence;
        }
    }

    private TimeSpan LeftOfAbsence()
    {
        var left = _absence - time.GetElapsedTime(_absentSince);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private double PresentSlowness() => time.GetElapsedTime(_slownessAt) < _slownessLasts ? _slowness : 1;

    private double Fading(long since, TimeSpan period) => Math.Exp(-time.GetElapsedTime(since) / period);
}
