using MedMoE.Mesh.Imaging;
using SkiaSharp;

namespace MedMoE.Mesh.Drawing;

internal static class Picture
{
    /// <summary>The image with 8 bits per channel.</summary>
    public static SKImage Of(DecodedImage image)
    {
        var area = image.Width * image.Height;
        var rgba = new byte[area * 4];
        for (var i = 0; i < area; i++)
        {
            for (var channel = 0; channel < 3; channel++)
            {
                rgba[(i * 4) + channel] = (byte)(image.Planes[(Math.Min(channel, image.Channels - 1) * area) + i] * 255 / image.MaxLevel);
            }
            rgba[(i * 4) + 3] = 255;
        }
        return SKImage.FromPixelCopy(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), rgba);
    }

    /// <summary>An attention map, [side, side], as an overlay for an image.</summary>
    public static SKImage OfAttention(float[] attention, int side, AttentionScale scale)
    {
        var mean = attention.Average();
        var rgba = new byte[attention.Length * 4];
        for (var i = 0; i < attention.Length; i++)
        {
            var colour = Heat(scale.ShareOf(attention[i] / mean));
            (rgba[i * 4], rgba[(i * 4) + 1], rgba[(i * 4) + 2], rgba[(i * 4) + 3]) = (colour.Red, colour.Green, colour.Blue, colour.Alpha);
        }
        return SKImage.FromPixelCopy(new SKImageInfo(side, side, SKColorType.Rgba8888, SKAlphaType.Unpremul), rgba);
    }

    /// <summary>
    /// Colour of a share, 0 to 1, of the full colour: from transparent through yellow to red. The opacity grows with its root, because a sharp peak
    /// would hide the rest.
    /// </summary>
    public static SKColor Heat(float share) => new(255, (byte)(220 * (1 - share)), 0, (byte)(190 * MathF.Sqrt(share)));

    /// <summary>Writes a PNG.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(SKSurface surface, string path)
    {
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        data.SaveTo(file);
    }
}
