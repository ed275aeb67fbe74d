using System.Numerics.Tensors;

namespace MedMoE.Mesh.Imaging;

/// <summary>
/// Antialiased bicubic resampling to a square like Pillow's <c>Image.resize(BICUBIC)</c>: the kernel (a = -0.5) widens with the scale, rows are
/// resampled before columns, and 8-bit levels are rounded in between. 16-bit levels keep their fractions and may overshoot.
/// </summary>
/// <remarks>Each row is added to the output rows it contributes to, so that the image is never held in memory.</remarks>
internal sealed class BicubicResampler
{
    private const int FixedPoint = 1 << 22;

    private readonly int _size;
    private readonly int _channels;
    private readonly int _maxLevel;
    private readonly (int First, float[] Weights)[] _across;
    private readonly (int First, float[] Weights)[] _down;
    private readonly float[] _narrowed;
    private readonly float[] _resized;
    private int _row;
    private int _unfinished;

    private BicubicResampler(int width, int height, int channels, int maxLevel, int size)
    {
        (_channels, _maxLevel, _size) = (channels, maxLevel, size);
        _across = Kernels(width, size, maxLevel);
        _down = Kernels(height, size, maxLevel);
        _narrowed = new float[channels * size];
        _resized = new float[channels * size * size];
    }

    /// <summary>
    /// Resamples rows, each [channels, width], from the top; the maximal level is 255 or 65535. Returns levels, [channels, size, size]: 0..255, or
    /// from 0 without an upper limit for 16 bits.
    /// </summary>
    public static float[] Resize(
        IEnumerable<float[]> rows, int width, int height, int channels, int maxLevel, int size, CancellationToken cancellation)
    {
        var resampler = new BicubicResampler(width, height, channels, maxLevel, size);
        foreach (var row in rows)
        {
            cancellation.ThrowIfCancellationRequested();
            resampler.Add(row, width);
        }
        resampler.Clip(resampler._resized);
        return resampler._resized;
    }

    private void Add(ReadOnlySpan<float> row, int width)
    {
        for (var channel = 0; channel < _channels; channel++)
        {
            var plane = row.Slice(channel * width, width);
            for (var x = 0; x < _size; x++)
            {
                var (first, weights) = _across[x];
                _narrowed[(channel * _size) + x] = TensorPrimitives.Dot(plane.Slice(first, weights.Length), weights);
            }
        }
        Clip(_narrowed);
        while (_down[_unfinished].First + _down[_unfinished].Weights.Length <= _row)
        {
            _unfinished++;
        }
        for (var y = _unfinished; y < _size && _down[y].First <= _row; y++)
        {
            var weight = _down[y].Weights[_row - _down[y].First];
            for (var channel = 0; channel < _channels; channel++)
            {
                var output = _resized.AsSpan(((channel * _size) + y) * _size, _size);
                TensorPrimitives.MultiplyAdd(_narrowed.AsSpan(channel * _size, _size), weight, output, output);
            }
        }
        _row++;
    }

    /// <summary>Clips the kernel's overshoot and, for 8 bits, rounds to whole levels.</summary>
    private void Clip(Span<float> levels)
    {
        if (_maxLevel > 255)
        {
            // The level of white may be known only at the end of the image.
            TensorPrimitives.Max(levels, 0f, levels);
            return;
        }
        TensorPrimitives.Clamp(levels, 0f, _maxLevel, levels);
        // Levels are not negative here: halves are rounded up, as in Pillow's fixed-point sums.
        TensorPrimitives.Add(levels, 0.5f, levels);
        TensorPrimitives.Floor<float>(levels, levels);
    }

    /// <summary>For each output position, the first input position and the weights from it on.</summary>
    private static (int First, float[] Weights)[] Kernels(int from, int to, int maxLevel)
    {
        var scale = (double)from / to;
        var widening = Math.Max(scale, 1);
        var support = 2 * widening;
        var kernels = new (int, float[])[to];
        for (var i = 0; i < to; i++)
        {
            var centre = (i + 0.5) * scale;
            var first = Math.Max(0, (int)(centre - support + 0.5));
            var end = Math.Min(from, (int)(centre + support + 0.5));
            double[] weights = [.. Enumerable.Range(first, end - first).Select(at => Cubic((at - centre + 0.5) / widening))];
            var sum = weights.Sum();
            // Pillow weights 8-bit levels in fixed point with 22 fractional bits, which a float holds exactly.
            kernels[i] = (first, Array.ConvertAll(weights, w => maxLevel == 255
                ? (float)Math.Round(w / sum * FixedPoint, MidpointRounding.AwayFromZero) / FixedPoint
                : (float)(w / sum)));
        }
        return kernels;
    }

    /// <summary>Keys' cubic convolution kernel with a = -0.5.</summary>
    private static double Cubic(double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((((a + 2) * x) - (a + 3)) * x * x) + 1
            : x < 2 ? ((((x - 5) * x) + 8) * x - 4) * a
            : 0;
    }
}
