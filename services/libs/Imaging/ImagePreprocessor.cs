using System.Numerics.Tensors;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Imaging;

/// <summary>Turns an image file into the backbone's input. Thread-safe.</summary>
public sealed class ImagePreprocessor(ImageSettings settings, ImageDecoder decoder)
{
    /// <summary>Reads only the header, which gives the cost of <see cref="Prepare(EncodedImage, CancellationToken)"/>.</summary>
    /// <exception cref="InvalidImageException">Not a PNG or JPEG, or too many pixels.</exception>
    public EncodedImage Open(byte[] encoded) => decoder.Open(encoded, settings.Size);

    /// <summary>Decodes, resizes to a square and normalises, row by row. Gray is copied to all three channels.</summary>
    /// <exception cref="InvalidImageException">The file is broken.</exception>
    public PreparedImage Prepare(EncodedImage image, CancellationToken cancellation = default)
    {
        using var reader = image.Read();
        var levels = BicubicResampler.Resize(
            reader.Rows(), reader.Width, reader.Height, reader.Channels, reader.MaxLevel, settings.Size, cancellation);
        return new PreparedImage(Normalise(levels, reader.Channels, reader.FullScale), reader.Note);
    }

    /// <exception cref="InvalidImageException">Not a PNG or JPEG, too many pixels, or broken.</exception>
    public PreparedImage Prepare(byte[] encoded) => Prepare(Open(encoded));

    public PreparedImage Prepare(DecodedImage image)
    {
        var levels = BicubicResampler.Resize(
            image.Rows(), image.Width, image.Height, image.Channels, image.MaxLevel, settings.Size, CancellationToken.None);
        return new PreparedImage(Normalise(levels, image.Channels, image.MaxLevel), image.Note);
    }

    /// <returns>[3, size, size], row-major.</returns>
    private float[] Normalise(float[] levels, int channels, int fullScale)
    {
        var area = settings.Size * settings.Size;
        var pixels = GC.AllocateUninitializedArray<float>(3 * area);
        for (var channel = 0; channel < 3; channel++)
        {
            var plane = pixels.AsSpan(channel * area, area);
            TensorPrimitives.Divide(levels.AsSpan(Math.Min(channel, channels - 1) * area, area), fullScale, plane);
            TensorPrimitives.Min(plane, 1f, plane);
            TensorPrimitives.Subtract(plane, settings.Mean[channel], plane);
            TensorPrimitives.Divide(plane, settings.Std[channel], plane);
        }
        return pixels;
    }
}
