using System.Diagnostics.Metrics;
using MedMoE.Mesh.Serving.Telemetry;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>Which model a service runs, as labels of a gauge that is always 1.</summary>
internal sealed class ModelMetrics : IDisposable
{
    // Enough to tell models apart; the whole digest is in every answer.
    private const int DigestCharacters = 12;

    private readonly Meter _meter = Meters.Create();

    public ModelMetrics(IServedModel model) => _meter.CreateObservableGauge(
        "medmoe.model.info", () => model.Info.Digests.Select(part => new Measurement<int>(
            1, new("version", model.Info.ModelVersion), new("part", part.Key), new("digest", part.Value[..DigestCharacters]),
            new("precision", model.Info.Precisions.GetValueOrDefault(part.Key, "")))),
        unit: null, "The model that the service runs: always 1.");

    public void Dispose() => _meter.Dispose();
}
