using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MedMoE.Mesh.Serving.Telemetry;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>Counts what the networks of this process run, by the metrics that services tell.</summary>
internal sealed class ModelRuns : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, int> _items = [];
    private readonly ConcurrentDictionary<(string Model, int Items), TaskCompletionSource> _awaited = [];

    public ModelRuns()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Meters.Name && instrument.Name == "medmoe.batch.size")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, items, tags, _) => Ran((string)tags[0].Value!, (int)items));
        _listener.Start();
    }

    /// <summary>Items that a model has run: images, texts, or an expert's steps.</summary>
    public int this[string model] => _items.GetValueOrDefault(model);

    /// <summary>Items of all models.</summary>
    public int Total => _items.Values.Sum();

    /// <summary>Forgets what ran so far, such as warm-up runs.</summary>
    public void Reset() => _items.Clear();

    /// <summary>Returns when a model has run so many items.</summary>
    public Task Reached(string model, int items, TimeSpan patience)
    {
        var reached = _awaited.GetOrAdd((model, items), _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (this[model] >= items)
        {
            reached.TrySetResult();
        }
        return reached.Task.WaitAsync(patience);
    }

    public void Dispose() => _listener.Dispose();

    private void Ran(string model, int items)
    {
        var sum = _items.AddOrUpdate(model, items, (_, before) => before + items);
        foreach (var (awaited, reached) in _awaited)
        {
            if (awaited.Model == model && awaited.Items <= sum)
            {
                reached.TrySetResult();
            }
        }
    }
}
