namespace MedMoE.Mesh.Evaluation.Metrics;

/// <summary>The attention map of a phrase, in the pixels of a region, and its agreement with the region.</summary>
internal sealed class PhraseMap
{
    /// <summary>Number of thresholds for the intersection over union: 0.01, 0.02, … of the range of the map's values.</summary>
    public const int Thresholds = 99;

    /// <summary>A peak this near counts as in the region: 15 of 224 pixels (Zhang et al., ECCV 2016, "Top-down Neural Attention").</summary>
    public const double Tolerance = 15 / 224.0;

    private readonly float[] _values;
    private readonly Region _region;

    /// <summary>The map is [side, side], row-major, and covers the whole image.</summary>
    public PhraseMap(ReadOnlySpan<float> map, int side, Region region)
    {
        _values = Resize(map, side, region.Width, region.Height);
        _region = region;
    }

    /// <summary>Bilinear, from cell centres to pixel centres (PyTorch's <c>align_corners=false</c>); [height, width], row-major.</summary>
    public static float[] Resize(ReadOnlySpan<float> map, int side, int width, int height)
    {
        var (rows, columns) = (Taps(side, height), Taps(side, width));
        var values = new float[width * height];
        for (var row = 0; row < height; row++)
        {
            var (top, bottom, down) = rows[row];
            for (var column = 0; column < width; column++)
            {
                var (left, right, across) = columns[column];
                var upper = float.Lerp(map[(top * side) + left], map[(top * side) + right], across);
                var lower = float.Lerp(map[(bottom * side) + left], map[(bottom * side) + right], across);
                values[(row * width) + column] = float.Lerp(upper, lower, down);
            }
        }
        return values;
    }

    /// <summary>The pointing game: whether the map's peak is in the region, or as near as the tolerance, a share of the image's sides.</summary>
    public bool PointsInside(double tolerance)
    {
        var peak = System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(_values);
        return _region.IsNear(peak / _region.Width, peak % _region.Width, tolerance);
    }

    /// <summary>Intersection over union of the region and the pixels at or above each of the <see cref="Thresholds"/>, lowest first, 0..1.</summary>
    public double[] IntersectionsOverUnions()
    {
        var (least, most) = (_values.Min(), _values.Max());
        // A constant map has no information; it counts as above every threshold.
        var scale = most > least ? (Thresholds + 1) / (most - least) : 0;
        var (inside, outside) = (new int[Thresholds + 2], new int[Thresholds + 2]);
        for (var i = 0; i < _values.Length; i++)
        {
            var level = scale == 0 ? Thresholds + 1 : (int)((_values[i] - least) * scale);
            (_region.Inside[i] ? inside : outside)[Math.Min(level, Thresholds + 1)]++;
        }
        var overlaps = new double[Thresholds];
        var (inAbove, outAbove) = (inside[^1], outside[^1]);
        for (var level = Thresholds; level > 0; level--)
        {
            inAbove += inside[level];
            outAbove += outside[level];
            overlaps[level - 1] = (double)inAbove / (_region.Area + outAbove);
        }
        return overlaps;
    }

    /// <summary>
    /// Contrast-to-noise ratio |mean in − mean out| / √(var in + var out), as in BioViL (Boecking et al., ECCV 2022). 0 for a constant map or a
    /// region that is the whole image.
    /// </summary>
    public double ContrastToNoise()
    {
        var (insideMean, insideVariance) = Moments(inside: true);
        var (outsideMean, outsideVariance) = Moments(inside: false);
        var contrast = Math.Abs(insideMean - outsideMean) / Math.Sqrt(insideVariance + outsideVariance);
        return double.IsFinite(contrast) ? contrast : 0;
    }

    private (double Mean, double Variance) Moments(bool inside)
    {
        var (count, sum, squares) = (0, 0.0, 0.0);
        for (var i = 0; i < _values.Length; i++)
        {
            if (_region.Inside[i] == inside)
            {
                count++;
                sum += _values[i];
            }
        }
        var mean = sum / count;
        for (var i = 0; i < _values.Length; i++)
        {
            if (_region.Inside[i] == inside)
            {
                squares += (_values[i] - mean) * (_values[i] - mean);
            }
        }
        return (mean, squares / count);
    }

    private static (int Lower, int Upper, float Weight)[] Taps(int cells, int pixels) => [.. Enumerable.Range(0, pixels).Select(pixel =>
    {
        var source = Math.Max(0, (((pixel + 0.5f) * cells) / pixels) - 0.5f);
        var lower = Math.Min((int)source, cells - 1);
        return (lower, Math.Min(lower + 1, cells - 1), source - lower);
    })];
}
