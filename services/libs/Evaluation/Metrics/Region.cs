using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Evaluation.Metrics;

/// <summary>Where a finding is: the pixels of its mask, or of its box.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Inside">Row-major, true where the finding is.</param>
internal sealed record Region(int Width, int Height, bool[] Inside)
{
    private const int Probes = 16;

    public int Area { get; } = Inside.Count(inside => inside);

    /// <summary>A box in an image; what of it lies outside the image is left out.</summary>
    public static Region OfBox(Box box, int width, int height)
    {
        var inside = new bool[width * height];
        for (var row = Math.Max(0, box.Top); row < Math.Min(height, box.Top + box.Height); row++)
        {
            for (var column = Math.Max(0, box.Left); column < Math.Min(width, box.Left + box.Width); column++)
            {
                inside[(row * width) + column] = true;
            }
        }
        return new Region(width, height, inside);
    }

    /// <summary>Levels above the middle of their range, as <see cref="Finding.Mask"/> has them.</summary>
    public static Region OfMask(Imaging.DecodedImage mask)
    {
        var threshold = mask.MaxLevel / 2;
        return new Region(mask.Width, mask.Height, [.. mask.Planes.Take(mask.Width * mask.Height).Select(level => level > threshold)]);
    }

    /// <summary>Whether a pixel lies in the region or near it.</summary>
    /// <param name="row">The pixel's.</param>
    /// <param name="column">The pixel's.</param>
    /// <param name="tolerance">How far it may be from a pixel of the region, as a share of the image's sides.</param>
    public bool IsNear(int row, int column, double tolerance)
    {
        if (Inside[(row * Width) + column])
        {
            return true;
        }
        var (down, across) = ((int)(tolerance * Height), (int)(tolerance * Width));
        for (var y = Math.Max(0, row - down); y <= Math.Min(Height - 1, row + down); y++)
        {
            for (var x = Math.Max(0, column - across); x <= Math.Min(Width - 1, column + across); x++)
            {
                var (dy, dx) = ((double)(y - row) / Height, (double)(x - column) / Width);
                if (Inside[(y * Width) + x] && (dy * dy) + (dx * dx) <= tolerance * tolerance)
                {
                    return true;
                }
            }
        }
        return false;
    }

    /// <summary>Share of the image that is in or near the region, by 16 points in each direction: what pointing at random hits, 0..1.</summary>
    public double ShareNear(double tolerance)
    {
        var near = 0;
        for (var i = 0; i < Probes * Probes; i++)
        {
            near += IsNear(((2 * (i / Probes)) + 1) * Height / (2 * Probes), ((2 * (i % Probes)) + 1) * Width / (2 * Probes), tolerance) ? 1 : 0;
        }
        return (double)near / (Probes * Probes);
    }
}
