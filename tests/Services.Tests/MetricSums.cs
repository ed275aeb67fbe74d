using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MedMoE.Mesh.Serving.Telemetry;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>Sums of an instrument of this process since the watch started, by the value of its first tag.</summary>
internal sealed class MetricSums : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _sums = [];
    private readonly ConcurrentDictionary<(string Tag, long Sum), TaskCompletionSource> _awaited = [];

    public MetricSums(string instrument)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Meter.Name == Meters.Name && published.Name == instrument)
            {
                listener.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Add(tags.Length > 0 ? (string)tags[0].Value! : "", value));
        _listener.Start();
    }

    /// <summary>Items run by the networks: images, texts, or an expert's steps; by model.</summary>
    public static MetricSums ModelRuns() => new("medmoe.batch.size");

    public long this[string tag] => _sums.GetValueOrDefault(tag);

    public long Total => _sums.Values.Sum();

    public void Reset() => _sums.Clear();

    /// <summary>Waits for a sum under a tag.</summary>
    public async Task Reached(string tag, long sum, TimeSpan patience)
    {
        var reached = _awaited.GetOrAdd((tag, sum), _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (this[tag] >= sum)
        {
            reached.TrySetResult();
        }
        try
        {
            await reached.Task.WaitAsync(patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{tag} reached {this[tag]} within {patience}, not {sum}");
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Add(string tag, long value)
    {
        var sum = _sums.AddOrUpdate(tag, value, (_, before) => before + value);
        foreach (var (awaited, reached) in _awaited)
        {
            if (awaited.Tag == tag && awaited.Sum <= sum)
            {
                reached.TrySetResult();
            }
        }
    }
}
