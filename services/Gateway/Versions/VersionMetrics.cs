using System.Diagnostics.Metrics;
using Grpc.Core;
using MedMoE.Mesh.Serving.Telemetry;

namespace MedMoE.Mesh.Gateway.Versions;

/// <summary>Metrics of the versions of the model: their calls, and how the answers of one on trial differ.</summary>
internal sealed class VersionMetrics : IDisposable
{
    private readonly Meter _meter = Meters.Create();
    private readonly Counter<long> _calls;
    private readonly Counter<long> _shadow;
    private readonly Counter<long> _choices;
    private readonly Histogram<double> _cosine;
    private readonly Histogram<double> _duration;

    public VersionMetrics()
    {
        _calls = _meter.CreateCounter<long>("medmoe.version.calls", "{call}", "Calls, with the version of the model that answered.");
        _shadow = _meter.CreateCounter<long>(
            "medmoe.shadow.calls", "{call}", "Copies of calls: compared, incomparable, failed, or dropped for want of room.");
        _choices = _meter.CreateCounter<long>(
            "medmoe.shadow.choices", "{choice}", "Experts and classes in answers to copies, and whether they are those of the answers.");
        _cosine = _meter.CreateHistogram(
            "medmoe.shadow.cosine", "1", "Cosine of an answer's embedding and that of the answer to its copy.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999, 0.99999] });
        _duration = _meter.CreateHistogram<double>(
            "medmoe.shadow.duration", "s", "Time of calls that were copied, and of their copies.", tags: null, Meters.Durations);
    }

    public void Answered(string version, string service, StatusCode status) =>
        _calls.Add(1, new("version", version), new("service", service), new("status", status.ToString()));

    public void Compared(string version, string method, AnswerComparison? comparison)
    {
        Shadowed(version, method, comparison is null ? "incomparable" : "compared");
        foreach (var (what, agrees) in comparison?.Choices ?? [])
        {
            _choices.Add(1, new("version", version), new("choice", what), new("agrees", agrees ? "true" : "false"));
        }
        foreach (var (what, expert, cosine) in comparison?.Cosines ?? [])
        {
            _cosine.Record(cosine, new("version", version), new("embedding", what), new("expert", expert));
        }
    }

    public void Failed(string version, string method) => Shadowed(version, method, "failed");

    public void Dropped(string version, string method) => Shadowed(version, method, "dropped");

    public void Took(string version, TimeSpan call, TimeSpan copy)
    {
        _duration.Record(call.TotalSeconds, new("version", version), new("of", "call"));
        _duration.Record(copy.TotalSeconds, new("version", version), new("of", "copy"));
    }

    public void Dispose() => _meter.Dispose();

    private void Shadowed(string version, string method, string outcome) =>
        _shadow.Add(1, new("version", version), new("method", method), new("outcome", outcome));
}
