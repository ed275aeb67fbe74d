namespace MedMoE.Mesh.Serving.Load;

/// <summary>Events per second over the last seconds, weighed as in <see cref="DecayedMean"/>. Not thread-safe.</summary>
internal sealed class DecayedRate(TimeProvider time)
{
    private double _perSecond;
    private long _at = time.GetTimestamp();

    public double PerSecond => _perSecond * Math.Exp(-time.GetElapsedTime(_at) / DecayedMean.Memory);

    public void Add()
    {
        _perSecond = PerSecond + (1 / DecayedMean.Memory.TotalSeconds);
        _at = time.GetTimestamp();
    }
}
