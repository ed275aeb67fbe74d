using System.Diagnostics.Metrics;
using MedMoE.Mesh.Serving.Telemetry;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>What a counter of this process has counted.</summary>
internal sealed class CounterSum : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _sum;

    public CounterSum(string instrument)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Meter.Name == Meters.Name && published.Name == instrument)
            {
                listener.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _sum, value));
        _listener.Start();
    }

    public long Sum => Interlocked.Read(ref _sum);

    public void Reset() => Interlocked.Exchange(ref _sum, 0);

    public void Dispose() => _listener.Dispose();
}
