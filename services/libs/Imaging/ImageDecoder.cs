using System.Numerics.Tensors;

namespace MedMoE.Mesh.Imaging;

/// <summary>Decodes PNG and JPEG.</summary>
/// <param name="maxPixels">Width times height at most; refused from the header, before anything is decoded. Default 64 Mi.</param>
public sealed class ImageDecoder(long maxPixels = 64L << 20)
{
    /// <summary>Reads an image's header.</summary>
    /// <param name="encoded">The file.</param>
    /// <param name="size">Pixels on a side that rows and columns will be resized to: an image that has fewer costs as one that has as many.</param>
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
                $"image of {header.Width}×{header.Height} pixels, which costs as much as {width}×{height}, over the limit of {maxPixels}");
        }
        return new EncodedImage(encoded, header);
    }

    /// <summary>Decodes a whole image into memory: 4 bytes for each pixel and channel.</summary>
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
