using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Router.OpenInference.Models;

namespace MedMoE.Mesh.Router.OpenInference.Statistics;

/// <summary>The statistics of one model.</summary>
internal sealed class ModelCounters(string name, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly ModelStatistics _counted = new()
    {
        Name = name,
        Version = InferenceModel.Version,
        InferenceStats = new InferStatistics
        {
            Success = new(),
            Fail = new(),
            Queue = new(),
            ComputeInput = new(),
            ComputeInfer = new(),
            ComputeOutput = new(),
            CacheHit = new(),
            CacheMiss = new(),
        },
    };
    private double _executions;

    /// <summary>An answered request. It cannot have waited and run for longer than it took, though stages of a chain may overlap.</summary>
    public void Answered(StageTimes stage, TimeSpan total, TimeSpan input = default, TimeSpan output = default)
    {
        var queue = Min(stage.Queue, total - input - output);
        var compute = Min(stage.Compute, total - input - output - queue);
        lock (_lock)
        {
            var stats = _counted.InferenceStats;
            Add(stats.Success, total);
            // For answers of the cache, too: perf_analyzer finds the version that was asked by this count.
            Add(stats.Queue, queue);
            if (stage.Ran == 0)
            {
                Add(stats.CacheHit, total);
                return;
            }
            Add(stats.CacheMiss, TimeSpan.Zero);
            Add(stats.ComputeInput, input);
            Add(stats.ComputeInfer, compute);
            Add(stats.ComputeOutput, output);
            _executions += stage.Executions;
            _counted.InferenceCount += (ulong)stage.Ran;
            _counted.LastInference = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        }
    }

    public void Failed(TimeSpan total)
    {
        lock (_lock)
        {
            Add(_counted.InferenceStats.Fail, total);
        }
    }

    public ModelStatistics Read()
    {
        lock (_lock)
        {
            var read = _counted.Clone();
            read.ExecutionCount = (ulong)Math.Round(_executions);
            return read;
        }
    }

    private static void Add(StatisticDuration sum, TimeSpan duration)
    {
        sum.Count++;
        sum.Ns += (ulong)duration.TotalNanoseconds;
    }

    private static TimeSpan Min(TimeSpan time, TimeSpan limit) => time < limit ? time : limit > TimeSpan.Zero ? limit : TimeSpan.Zero;
}
