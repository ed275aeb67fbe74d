using System.Numerics.Tensors;
using MedMoE.Mesh.Bundle;
using NetVips;

namespace MedMoE.Mesh.Model.Images;

/// <summary>Bytes that are no usable image.</summary>
public sealed class InvalidImageException(string reason) : InvalidInputException(reason);

/// <summary>A decoded image: gray or RGB, 8 or 16 bits.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Channels">1 or 3.</param>
/// <param name="MaxLevel">255 or 65535.</param>
/// <param name="Planes">Levels 0..MaxLevel, [channels, height, width].</param>
public sealed record DecodedImage(int Width, int Height, int Channels, int MaxLevel, float[] Planes);

/// <summary>Decodes PNG and JPEG by libvips. No colour management and no EXIF rotation, as in the pipelines that models are trained with.</summary>
/// <param name="maxPixels">Width times height at most; refused from the header, before anything is decoded. Default 64 Mi.</param>
public sealed class ImageDecoder(long maxPixels = 64L << 20)
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    private static ReadOnlySpan<byte> JpegSignature => [0xFF, 0xD8, 0xFF];

    static ImageDecoder()
    {
        // libvips would keep decoded images for the next call, and write warnings to standard error.
        Cache.Max = 0;
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.All, (_, _, _) => { });
    }

    /// <exception cref="InvalidImageException">Not a PNG or JPEG, too many pixels, or broken.</exception>
    public DecodedImage Decode(byte[] encoded)
    {
        RequireKnownFormat(encoded);
        try
        {
            using var image = Image.NewFromBuffer(encoded, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
            if ((long)image.Width * image.Height > maxPixels)
            {
                throw new InvalidImageException($"image of {image.Width}×{image.Height} pixels, over the limit of {maxPixels}");
            }
            // Transparency has no meaning for a study and is dropped, as by Pillow's convert("RGB").
            var channels = image.Bands >= 3 ? 3 : 1;
            using var colour = image.Interpretation == Enums.Interpretation.Cmyk ? image.Colourspace(Enums.Interpretation.Srgb) : image.Copy();
            using var planes = colour.Bands == channels ? colour.Copy() : colour.ExtractBand(0, n: channels);
            return planes.Format switch
            {
                Enums.BandFormat.Uchar => Planar(planes, 255, planes.WriteToMemory<byte>()),
                Enums.BandFormat.Ushort => Planar(planes, 65535, planes.WriteToMemory<ushort>()),
                var other => throw new InvalidImageException($"image with levels of type {other}, expected 8 or 16 bits"),
            };
        }
        catch (VipsException e)
        {
            throw new InvalidImageException($"broken image: {Reason(e)}");
        }
    }

    private static void RequireKnownFormat(ReadOnlySpan<byte> encoded)
    {
        if (encoded.IsEmpty)
        {
            throw new InvalidImageException("not an image: 0 bytes");
        }
        // libvips could read much more (SVG, PDF, …), which is nothing to hand strangers' bytes to.
        if (!encoded.StartsWith(PngSignature) && !encoded.StartsWith(JpegSignature))
        {
            throw new InvalidImageException("not an image: neither PNG nor JPEG");
        }
    }

    private static DecodedImage Planar<T>(Image image, int maxLevel, T[] interleaved)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        var (channels, pixels) = (image.Bands, image.Width * image.Height);
        var planes = GC.AllocateUninitializedArray<float>(channels * pixels);
        if (channels == 1)
        {
            TensorPrimitives.ConvertTruncating<T, float>(interleaved, planes);
            return new DecodedImage(image.Width, image.Height, channels, maxLevel, planes);
        }
        for (var channel = 0; channel < channels; channel++)
        {
            var plane = planes.AsSpan(channel * pixels, pixels);
            for (var i = 0; i < plane.Length; i++)
            {
                plane[i] = float.CreateTruncating(interleaved[(i * channels) + channel]);
            }
        }
        return new DecodedImage(image.Width, image.Height, channels, maxLevel, planes);
    }

    /// <summary>The most telling line of libvips' message.</summary>
    private static string Reason(VipsException e) =>
        e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault(line => !line.StartsWith("unable to", StringComparison.Ordinal) && !line.EndsWith("load error", StringComparison.Ordinal))
        ?? "cannot be decoded";
}
