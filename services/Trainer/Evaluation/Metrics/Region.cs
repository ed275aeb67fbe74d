using MedMoE.Mesh.Trainer.Data;

namespace MedMoE.Mesh.Trainer.Evaluation.Metrics;

/// <summary>Where a finding is: the pixels of its mask, or of its box.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Inside">Row-major, true where the finding is.</param>
internal sealed record Region(int Width, int Height, bool[] Inside)
{
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
    public static Region OfMask(Model.Images.DecodedImage mask)
    {
        var threshold = mask.MaxLevel / 2;
        return new Region(mask.Width, mask.Height, [.. mask.Planes.Take(mask.Width * mask.Height).Select(level => level > threshold)]);
    }
}
