using System.Numerics.Tensors;

namespace MedMoE.Mesh.Imaging;

/// <summary>Decodes PNG and JPEG. Images over <c>maxPixels</c> (default 64 Mi) are refused by their header, before decoding.</summary>
public sealed class ImageDecoder(long maxPixels = 64L << 20)
{
    /// <summary>
    /// Reads an image's header. <paramref name="size"/> is the side of the square that it will be resized to: an image with fewer rows or columns
    /// costs as much as one with that many.
    /// </summary>
    /// <exception cref="InvalidImageException">Not a PNG or JPEG, or too many pixels.</exception>
    public EncodedImage Open(byte[] encoded, int size = 1)
    {
        var header = ImageHeader.Read(encoded);
        var (width, height) = (Math.Max(header.Width, size), Math.Max(header.Height, size));
        if (header.Width * header.Height > maxPixels)
        {
            throw new InvalidImageException($"image of {header.Width}×{header.Height} pixels, over the limit of {maxPixels}");
        }
        if (width * height > maxPixels)
        {
            throw new InvalidImageException(
                $"image of {header.Width}×{header.Height} pixels, which cost as much as {width}×{height}, over the limit of {maxPixels}");
        }
        return new EncodedImage(encoded, header);
    }

    /// <summary>Decodes a whole image into memory: 4 bytes per pixel and channel.</summary>
    /// <exception cref="InvalidImageException">Not a PNG or JPEG, too many pixels, or broken.</exception>
    public DecodedImage Decode(byte[] encoded)
    {
        using var reader = Open(encoded).Read();
        var planes = GC.AllocateUninitializedArray<float>(checked(reader.Channels * reader.Height * reader.Width));
        var y = 0;
        foreach (var row in reader.Rows())
        {
            for (var channel = 0; channel < reader.Channels; channel++)
            {
                row.AsSpan(channel * reader.Width, reader.Width).CopyTo(planes.AsSpan(((channel * reader.Height) + y) * reader.Width));
            }
            y++;
        }
        if (reader.FullScale != reader.MaxLevel)
        {
            TensorPrimitives.Multiply(planes, (float)reader.MaxLevel / reader.FullScale, planes);
        }
        return new DecodedImage(reader.Width, reader.Height, reader.Channels, reader.MaxLevel, planes, reader.Note);
    }
}
