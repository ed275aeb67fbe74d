using System.Diagnostics.Metrics;

namespace MedMoE.Mesh.Serving.Batching;

/// <summary>What a batcher tells of itself, under the meter <see cref="MeterName"/>, tagged with the model's name.</summary>
public sealed class BatcherMetrics : IDisposable
{
    public const string MeterName = "MedMoE.Mesh";

    private readonly Meter _meter = new(MeterName);
    private readonly KeyValuePair<string, object?> _model;
    private readonly UpDownCounter<long> _requests;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _dropped;
    private readonly Histogram<double> _queued;
    private readonly Histogram<double> _modelTime;
    private readonly Histogram<long> _batchSize;

    /// <param name="model">Name of the model, such as "backbone" or "experts/ct".</param>
    public BatcherMetrics(string model)
    {
        _model = new("model", model);
        _requests = _meter.CreateUpDownCounter<long>("medmoe.requests", "{request}", "Requests that wait or run: what replicas scale by.");
        _refused = _meter.CreateCounter<long>("medmoe.requests.refused", "{request}", "Requests refused because the queue was full.");
        _dropped = _meter.CreateCounter<long>("medmoe.requests.dropped", "{request}", "Requests that expired or were cancelled while they waited.");
        _queued = _meter.CreateHistogram<double>("medmoe.queue.duration", "s", "Time from arrival to the start of the batch.");
        _modelTime = _meter.CreateHistogram<double>("medmoe.model.duration", "s", "Time of a batch in the model.");
        _batchSize = _meter.CreateHistogram<long>("medmoe.batch.size", "{request}", "Requests in a batch.");
    }

    public void Accepted(int requests) => _requests.Add(requests, _model);

    public void Refused(int requests) => _refused.Add(requests, _model);

    public void Dropped()
    {
        _requests.Add(-1, _model);
        _dropped.Add(1, _model);
    }

    public void Started(TimeSpan queued) => _queued.Record(queued.TotalSeconds, _model);

    public void Ran(int batchSize, TimeSpan model)
    {
        _requests.Add(-batchSize, _model);
        _modelTime.Record(model.TotalSeconds, _model);
        _batchSize.Record(batchSize, _model);
    }

    public void Dispose() => _meter.Dispose();
}
