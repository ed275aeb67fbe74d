using System.Numerics.Tensors;

namespace MedMoE.Mesh.Model.Images;

/// <summary>
/// Antialiased bicubic resampling as Pillow's <c>Image.resize(BICUBIC)</c> does it: the kernel (a = -0.5) grows with the scale, rows are
/// resampled before columns, and 8-bit levels are rounded in between. Levels of 16 bits keep their fractions.
/// </summary>
internal static class BicubicResampler
{
    private const int FixedPoint = 1 << 22;

    /// <returns>Levels 0..MaxLevel, [channels, height, width]; the image's own where it has that size already, as in Pillow.</returns>
    public static float[] Resize(DecodedImage image, int width, int height)
    {
        if (image.Width == width && image.Height == height)
        {
            return image.Planes;
        }
        var resized = new float[image.Channels * height * width];
        var across = Kernels(image.Width, width, image.MaxLevel);
        var down = Kernels(image.Height, height, image.MaxLevel);
        var narrowed = new float[image.Height * width];
        for (var channel = 0; channel < image.Channels; channel++)
        {
            var plane = image.Planes.AsSpan(channel * image.Width * image.Height, image.Width * image.Height);
            for (var y = 0; y < image.Height; y++)
            {
                var row = plane.Slice(y * image.Width, image.Width);
                for (var x = 0; x < width; x++)
                {
                    var (first, weights) = across[x];
                    narrowed[(y * width) + x] = TensorPrimitives.Dot(row.Slice(first, weights.Length), weights);
                }
            }
            Settle(narrowed, image.MaxLevel);
            for (var y = 0; y < height; y++)
            {
                var (first, weights) = down[y];
                var row = resized.AsSpan(((channel * height) + y) * width, width);
                for (var i = 0; i < weights.Length; i++)
                {
                    TensorPrimitives.MultiplyAdd(narrowed.AsSpan((first + i) * width, width), weights[i], row, row);
                }
                Settle(row, image.MaxLevel);
            }
        }
        return resized;
    }

    /// <summary>Clips what the kernel's negative lobes overshoot and, for 8 bits, rounds to whole levels.</summary>
    private static void Settle(Span<float> levels, int maxLevel)
    {
        TensorPrimitives.Clamp(levels, 0f, maxLevel, levels);
        if (maxLevel == 255)
        {
            // Levels are not negative here: halves go up, as in Pillow's fixed-point sums.
            TensorPrimitives.Add(levels, 0.5f, levels);
            TensorPrimitives.Floor<float>(levels, levels);
        }
    }

    /// <summary>For each output position its first input and the weights from there on.</summary>
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
            // Pillow weighs 8-bit levels in fixed point with 22 fractional bits, which a float holds exactly.
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
