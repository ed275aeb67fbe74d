using System.Diagnostics.Metrics;
using Grpc.Core;

namespace MedMoE.Mesh.Serving.Telemetry;

/// <summary>Metrics of the calls to a service, tagged with the method, without health checks and reflection.</summary>
public sealed class RequestMetrics : IDisposable
{
    private readonly Meter _meter = Meters.Create();
    private readonly UpDownCounter<long> _running;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _items;

    public RequestMetrics()
    {
        _running = _meter.CreateUpDownCounter<long>("medmoe.requests", "{request}", "Waiting and running calls; autoscaling uses it.");
        _duration = _meter.CreateHistogram<double>(
            "medmoe.request.duration", "s", "Time of a call, with the gRPC status it ended with.", tags: null, Meters.Durations);
        _items = _meter.CreateCounter<long>("medmoe.stream.items", "{item}", "Answered items of streams, with the gRPC status of each.");
    }

    /// <summary>Shows a method as 0 before its first call, because the autoscaler needs a value.</summary>
    public void Serves(string method) => _running.Add(0, Tag(method));

    public void Started(string method) => _running.Add(1, Tag(method));

    public void Ended(string method, StatusCode status, TimeSpan duration)
    {
        _running.Add(-1, Tag(method));
        _duration.Record(duration.TotalSeconds, Tag(method), new("status", status.ToString()));
    }

    /// <summary>Counts an answered item of a stream: a failed one does not fail its call.</summary>
    public void Answered(string method, StatusCode status) => _items.Add(1, Tag(method), new("status", status.ToString()));

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Tag(string method) => new("method", method);
}
