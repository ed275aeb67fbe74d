using System.Numerics.Tensors;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Model.Images;

/// <summary>From an image file's bytes to what the backbone takes. Thread-safe.</summary>
/// <param name="settings">Size, mean and standard deviation of the bundle.</param>
/// <param name="decoder">Decodes, within its limit of pixels.</param>
public sealed class ImagePreprocessor(ImageSettings settings, ImageDecoder decoder)
{
    /// <summary>Decodes, resizes to a square and normalises. Gray goes to all three channels.</summary>
    /// <returns>[3, size, size], row-major.</returns>
    /// <exception cref="InvalidImageException">The bytes are no usable image.</exception>
    public float[] Prepare(byte[] encoded) => Prepare(decoder.Decode(encoded));

    /// <summary>The same for an image that is decoded already.</summary>
    /// <returns>[3, size, size], row-major.</returns>
    public float[] Prepare(DecodedImage image)
    {
        var resized = BicubicResampler.Resize(image, settings.Size, settings.Size);
        var area = settings.Size * settings.Size;
        var pixels = GC.AllocateUninitializedArray<float>(3 * area);
        for (var channel = 0; channel < 3; channel++)
        {
            var plane = pixels.AsSpan(channel * area, area);
            TensorPrimitives.Divide(resized.AsSpan(Math.Min(channel, image.Channels - 1) * area, area), image.MaxLevel, plane);
            TensorPrimitives.Subtract(plane, settings.Mean[channel], plane);
            TensorPrimitives.Divide(plane, settings.Std[channel], plane);
        }
        return pixels;
    }
}
