namespace MedMoE.Mesh.Serving.Load;

/// <summary>The mean of a value over the last seconds: what was is weighed by e^(−age / <see cref="Memory"/>). Not thread-safe.</summary>
internal sealed class DecayedMean(TimeProvider time)
{
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(5);

    private double _mean;
    private long _at = time.GetTimestamp();

    /// <summary>The present value.</summary>
    public double Value { get; private set; }

    public double Mean => _mean + ((Value - _mean) * (1 - Math.Exp(-time.GetElapsedTime(_at) / Memory)));

    public void Set(double value)
    {
        _mean = Mean;
        _at = time.GetTimestamp();
        Value = value;
    }
}
