using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.Evaluation.Metrics;

/// <summary>The pixels of a finding's mask or box, row-major.</summary>
internal sealed record Region(int Width, int Height, bool[] Inside)
{
    private const int Probes = 16;

    public int Area { get; } = Inside.Count(inside => inside);

    /// <summary>A box, clipped to the image.</summary>
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

    /// <summary>Levels above the middle of their range, as in <see cref="Finding.Mask"/>.</summary>
    public static Region OfMask(Imaging.DecodedImage mask)
    {
        var threshold = mask.MaxLevel / 2;
        return new Region(mask.Width, mask.Height, [.. mask.Planes.Take(mask.Width * mask.Height).Select(level => level > threshold)]);
    }

    /// <summary>Whether a pixel is in the region, or as near as the tolerance, a share of the image's sides.</summary>
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

    /// <summary>Share of the image in or near the region, 0..1, the chance of a random point; estimated by 16 points per direction.</summary>
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
