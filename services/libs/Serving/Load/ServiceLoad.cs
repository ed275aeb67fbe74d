using Grpc.Core;
using MedMoE.Mesh.Orca;

namespace MedMoE.Mesh.Serving.Load;

/// <summary>
/// The load of this process, as ORCA reports it. Means of the last seconds: weighted round robin divides the calls per second by the utilization,
/// which is proportional to a replica's speed only if both are means over the same time (gRFC A58; Little's law).
/// </summary>
public sealed class ServiceLoad(TimeProvider time)
{
    /// <summary>The report of processor time is renewed after this.</summary>
    private static readonly TimeSpan _processorPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly DecayedMean _running = new(time);
    private readonly DecayedRate _calls = new(time);
    private readonly DecayedRate _failures = new(time);

    private long _processorAt = time.GetTimestamp();
    private TimeSpan _processorTime = Environment.CpuUsage.TotalTime;
    private double _processor;

    // Balancing compares replicas of one service: any number does where nobody sets one.
    private int _capacity = 100;

    // And not calls.
    private bool _countsItems;

    /// <summary>Counts the items that wait for or run in a network, at most <paramref name="capacity"/> at once, instead of calls.</summary>
    public void CountItems(int capacity) => (_countsItems, _capacity) = (true, capacity);

    /// <summary>Says that so many calls may run at once.</summary>
    public void CountCalls(int capacity) => _capacity = capacity;

    /// <summary>Items that came to a network, or, below zero, left it.</summary>
    public void Items(int change)
    {
        if (_countsItems)
        {
            Change(change);
        }
    }

    public void Started()
    {
        if (!_countsItems)
        {
            Change(1);
        }
    }

    public void Ended(StatusCode status)
    {
        lock (_gate)
        {
            _calls.Add();
            if (IsServersFault(status))
            {
                _failures.Add();
            }
        }
        if (!_countsItems)
        {
            Change(-1);
        }
    }

    public OrcaLoadReport Report()
    {
        lock (_gate)
        {
            return new OrcaLoadReport
            {
                ApplicationUtilization = _running.Mean / _capacity,
                CpuUtilization = Processor(),
                RpsFractional = _calls.PerSecond,
                Eps = _failures.PerSecond,
                NamedMetrics = { ["running"] = _running.Value },
            };
        }
    }

    /// <summary>Whether a status says that a server has failed. RESOURCE_EXHAUSTED is not among them: it is a limit at work.</summary>
    internal static bool IsServersFault(StatusCode status) =>
        status is StatusCode.Internal or StatusCode.Unknown or StatusCode.Unavailable or StatusCode.DataLoss;

    private void Change(int change)
    {
        lock (_gate)
        {
            _running.Set(_running.Value + change);
        }
    }

    private double Processor()
    {
        var elapsed = time.GetElapsedTime(_processorAt);
        if (elapsed >= _processorPeriod)
        {
            var used = Environment.CpuUsage.TotalTime;
            _processor = (used - _processorTime) / elapsed / Environment.ProcessorCount;
            (_processorAt, _processorTime) = (time.GetTimestamp(), used);
        }
        return _processor;
    }
}
