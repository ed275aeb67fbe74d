namespace MedMoE.Mesh.Evaluation.Metrics;

/// <summary>Predictions with a confidence above From and up to To; mean confidence and accuracy are 0 in an empty bin.</summary>
internal sealed record ReliabilityBin(double From, double To, int Count, double Confidence, double Accuracy);

/// <summary>Expected calibration error over 15 bins of equal width (Guo et al., ICML 2017, "On Calibration of Modern Neural Networks").</summary>
internal sealed class Reliability
{
    public const int BinCount = 15;

    private readonly int[] _count = new int[BinCount];
    private readonly int[] _right = new int[BinCount];
    private readonly double[] _confidence = new double[BinCount];

    public int Total => _count.Sum();

    public IReadOnlyList<ReliabilityBin> Bins => [.. Enumerable.Range(0, BinCount).Select(i => new ReliabilityBin(
        (double)i / BinCount, (i + 1.0) / BinCount, _count[i],
        _count[i] == 0 ? 0 : _confidence[i] / _count[i], _count[i] == 0 ? 0 : (double)_right[i] / _count[i]))];

    /// <summary>Σ over bins of the share of predictions times |accuracy − mean confidence|, 0..1; NaN without predictions.</summary>
    public double ExpectedError => Bins.Sum(bin => bin.Count * Math.Abs(bin.Accuracy - bin.Confidence)) / Total;

    /// <summary>The confidence is the probability of the predicted class, 0..1.</summary>
    public void Add(double confidence, bool right)
    {
        var bin = Math.Clamp((int)Math.Ceiling(confidence * BinCount) - 1, 0, BinCount - 1);
        _count[bin]++;
        _confidence[bin] += confidence;
        _right[bin] += right ? 1 : 0;
    }
}
