using System.Diagnostics;
using MedMoE.Mesh.Measuring.Calls;
using MedMoE.Mesh.Measuring.Networks;

namespace MedMoE.Mesh.Bench;

/// <summary>Something that is measured again and again, in turn with others.</summary>
internal interface ICase
{
    /// <summary>Its name in the results.</summary>
    string Name { get; }

    /// <summary>Measures for some time; values by the names of their units.</summary>
    Task<IReadOnlyDictionary<string, double>> Measure(TimeSpan time, CancellationToken cancellation);
}

/// <summary>A network in this process.</summary>
/// <param name="name">The case's name.</param>
/// <param name="batch">Items of its batches.</param>
/// <param name="run">The network.</param>
internal sealed class NetworkCase(string name, int batch, INetworkRun run) : ICase, IDisposable
{
    /// <summary>Milliseconds an item, at the median time of a batch.</summary>
    public const string Milliseconds = "ms";

    public string Name => name;

    public Task<IReadOnlyDictionary<string, double>> Measure(TimeSpan time, CancellationToken cancellation)
    {
        var timed = NetworkTimer.Time(run, batch, time.TotalSeconds, onCard: false, phases: false);
        return Task.FromResult<IReadOnlyDictionary<string, double>>(new Dictionary<string, double> { [Milliseconds] = timed.MedianMs / batch });
    }

    public void Dispose() => run.Dispose();
}

/// <summary>Callers of a mesh in closed loops.</summary>
/// <param name="name">The case's name.</param>
/// <param name="calls">Calls the mesh.</param>
/// <param name="kind">What they ask for.</param>
/// <param name="callers">How many.</param>
/// <param name="processes">The mesh's.</param>
internal sealed class CallsCase(string name, MeshCalls calls, CallKind kind, int callers, IReadOnlyList<Process> processes) : ICase
{
    /// <summary>Answers a second.</summary>
    public const string PerSecond = "per_second";

    /// <summary>Median latency.</summary>
    public const string P50 = "p50_ms";

    public const string P99 = "p99_ms";

    /// <summary>Processor time of all processes of the mesh for an answer.</summary>
    public const string Processor = "cpu_ms";

    public string Name => name;

    public async Task<IReadOnlyDictionary<string, double>> Measure(TimeSpan time, CancellationToken cancellation)
    {
        // What is known must have been asked for once.
        await calls.Run(new CallOrder(kind, Callers: 1, Calls: 1, Seconds: null), cancellation);
        var before = ProcessorTime();
        var figures = await calls.Run(new CallOrder(kind, callers, Calls: null, time.TotalSeconds), cancellation);
        if (figures.Failures.Count > 0)
        {
            throw new IOException($"{Name}: {figures.Failures.Values.Sum()} of {figures.Calls} calls failed: {figures.Failures.Keys.First()}");
        }
        return new Dictionary<string, double>
        {
            [PerSecond] = figures.PerSecond,
            [P50] = figures.P50Ms,
            [P99] = figures.P99Ms,
            [Processor] = (ProcessorTime() - before).TotalMilliseconds / figures.Calls,
        };
    }

    private TimeSpan ProcessorTime() => processes.Aggregate(TimeSpan.Zero, (sum, process) =>
    {
        process.Refresh();
        return sum + process.TotalProcessorTime;
    });
}
