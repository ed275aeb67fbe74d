using System.Diagnostics.Metrics;
using MedMoE.Mesh.Serving.Load;
using MedMoE.Mesh.Serving.Telemetry;

namespace MedMoE.Mesh.Serving.Batching;

/// <summary>Metrics of a batcher, tagged with the model's name.</summary>
public sealed class BatcherMetrics : IDisposable
{
    private readonly Meter _meter = Meters.Create();
    private readonly KeyValuePair<string, object?> _model;
    private readonly UpDownCounter<long> _waiting;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _dropped;
    private readonly Histogram<double> _queued;
    private readonly Histogram<double> _modelTime;
    private readonly Histogram<long> _batchSize;

    private readonly ServiceLoad? _load;

    /// <param name="model">Name of the model, such as "backbone" or "experts/ct".</param>
    /// <param name="load">Told of all items that wait and run; null: nobody is.</param>
    public BatcherMetrics(string model, ServiceLoad? load = null)
    {
        _load = load;
        _model = new("model", model);
        _waiting = _meter.CreateUpDownCounter<long>("medmoe.queue.length", "{item}", "Items queued for the model.");
        _refused = _meter.CreateCounter<long>("medmoe.queue.refused", "{item}", "Items refused because the queue was full.");
        _dropped = _meter.CreateCounter<long>("medmoe.queue.dropped", "{item}", "Items that expired or were cancelled in the queue.");
        _queued = _meter.CreateHistogram<double>(
            "medmoe.queue.duration", "s", "Time from arrival to the start of the batch.", tags: null, Meters.Durations);
        _modelTime = _meter.CreateHistogram<double>("medmoe.model.duration", "s", "Time of a batch in the model.", tags: null, Meters.Durations);
        _batchSize = _meter.CreateHistogram<long>("medmoe.batch.size", "{item}", "Items in a batch.", tags: null, Meters.BatchSizes);
    }

    public void Accepted(int items)
    {
        _waiting.Add(items, _model);
        _load?.Items(items);
    }

    public void Refused(int items) => _refused.Add(items, _model);

    public void Dropped()
    {
        _waiting.Add(-1, _model);
        _dropped.Add(1, _model);
        _load?.Items(-1);
    }

    public void Started(TimeSpan queued)
    {
        _waiting.Add(-1, _model);
        _queued.Record(queued.TotalSeconds, _model);
    }

    /// <summary>Items that <see cref="Started"/> have their results.</summary>
    public void Ended(int items) => _load?.Items(-items);

    public void Ran(int batchSize, TimeSpan model)
    {
        _modelTime.Record(model.TotalSeconds, _model);
        _batchSize.Record(batchSize, _model);
    }

    public void Dispose() => _meter.Dispose();
}
