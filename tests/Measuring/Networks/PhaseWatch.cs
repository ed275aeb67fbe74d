using System.Diagnostics;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Measuring.Networks;

/// <summary>Measures batches and, optionally, their phases.</summary>
/// <param name="onCard">Whether the device runs asynchronously and must be waited for.</param>
/// <param name="phases">Whether to wait for the device after each phase, which costs a batch some overlap.</param>
public sealed class PhaseWatch(bool onCard, bool phases)
{
    private readonly Dictionary<string, List<double>> _phases = [];
    private readonly List<double> _batches = [];
    private long _batchStarted;
    private long _phaseStarted;

    public int Count => _batches.Count;

    public double MedianMs => Median(_batches);

    public double LeastMs => _batches.Min();

    public IReadOnlyDictionary<string, double>? Phases => phases ? _phases.ToDictionary(phase => phase.Key, phase => Median(phase.Value)) : null;

    public void Begin() => _batchStarted = _phaseStarted = Stopwatch.GetTimestamp();

    public void Ended(string phase)
    {
        if (!phases)
        {
            return;
        }
        Wait();
        if (!_phases.TryGetValue(phase, out var times))
        {
            _phases.Add(phase, times = []);
        }
        times.Add(Stopwatch.GetElapsedTime(_phaseStarted).TotalMilliseconds);
        _phaseStarted = Stopwatch.GetTimestamp();
    }

    public void End()
    {
        Wait();
        _batches.Add(Stopwatch.GetElapsedTime(_batchStarted).TotalMilliseconds);
    }

    /// <summary>Discards the measurements of the warm-up.</summary>
    public void Reset()
    {
        _phases.Clear();
        _batches.Clear();
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private void Wait()
    {
        if (onCard)
        {
            cuda.synchronize();
        }
    }
}
