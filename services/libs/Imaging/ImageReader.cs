using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using NetVips;

namespace MedMoE.Mesh.Imaging;

/// <summary>
/// Decodes an image row by row by libvips, so that its size costs time but no memory. No colour management (ICC profiles, gAMA) and no EXIF
/// rotation, as in the pipelines that models are trained with.
/// </summary>
internal sealed class ImageReader : IDisposable
{
    // Of rows fetched at once: below what goes to the large object heap, where a row is.
    private const int BandBytes = 64 << 10;

    private const string FewBitsInSixteen =
        "the image has 16 bits, but no level reaches 1/8 of white: nearly black to the model. If 12 bits or fewer are stored in 16, scale the levels "
        + "up, or tell the bits by sBIT in the PNG";

    private readonly Image _planes;
    private readonly bool _isCmyk;
    private readonly int? _significantBits;
    private float _highest;

    static ImageReader()
    {
        // libvips would keep decoded images for the next call, and write warnings to standard error.
        Cache.Max = 0;
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.All, (_, _, _) => { });
    }

    /// <exception cref="InvalidImageException">The file is broken, or not what its header was read as.</exception>
    public ImageReader(byte[] encoded, ImageHeader header)
    {
        _planes = Guard(() =>
        {
            using var image = Image.NewFromBuffer(encoded, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
            if (image.Width != header.Width || image.Height != header.Height || (image.Contains("interlaced") && !header.IsHeldWhole))
            {
                throw new InvalidImageException("broken image: two headers that differ");
            }
            // Transparency has no meaning for a study and is dropped, as by Pillow's convert("RGB").
            var channels = image.Interpretation == Enums.Interpretation.Cmyk ? image.Bands : image.Bands >= 3 ? 3 : 1;
            return image.Bands == channels ? image.Copy() : image.ExtractBand(0, n: channels);
        });
        // Asked for once: libvips looks a property up by its name.
        (Width, Height, Channels, _isCmyk) = (_planes.Width, _planes.Height, Math.Min(_planes.Bands, 3), _planes.Bands == 4);
        MaxLevel = _planes.Format switch
        {
            Enums.BandFormat.Uchar => 255,
            Enums.BandFormat.Ushort => 65535,
            var other => throw new InvalidImageException($"image with levels of type {other}, expected 8 or 16 bits"),
        };
        _significantBits = MaxLevel > 255 ? header.SignificantBits : null;
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>1 or 3.</summary>
    public int Channels { get; }

    /// <summary>255 or 65535.</summary>
    public int MaxLevel { get; }

    /// <summary>
    /// The level of white, once all rows have been read: <see cref="MaxLevel"/>, unless sBIT tells of fewer bits and no level needs more. PNG wants
    /// levels scaled up to all 16 bits, and then some need more; most writers of 12 bits leave them as they are.
    /// </summary>
    public int FullScale => _significantBits is { } bits and < 16 && _highest < 1 << bits ? (1 << bits) - 1 : MaxLevel;

    /// <summary>
    /// What to tell of the image, in one line, once all rows have been read; null for nothing. Where sBIT tells anything, the levels are what was
    /// meant, and a picture that is black throughout has nothing to scale.
    /// </summary>
    public string? Note => MaxLevel > 255 && _significantBits is null && _highest > 0 && _highest < (MaxLevel + 1) / 8 ? FewBitsInSixteen : null;

    /// <summary>The rows from the top, once: each [channels, width], in one buffer that the next row overwrites.</summary>
    /// <exception cref="InvalidImageException">The file is broken.</exception>
    public IEnumerable<float[]> Rows()
    {
        var row = new float[Channels * Width];
        var rowBytes = Width * (_isCmyk ? 4 : Channels) * (MaxLevel > 255 ? sizeof(ushort) : sizeof(byte));
        var rows = Math.Max(1, BandBytes / rowBytes);
        using var region = Guard(() => Region.New(_planes));
        for (var top = 0; top < Height; top += rows)
        {
            var band = Guard(() => region.Fetch(0, top, Width, Math.Min(rows, Height - top)));
            for (var at = 0; at < band.Length; at += rowBytes)
            {
                if (MaxLevel > 255)
                {
                    Spread(MemoryMarshal.Cast<byte, ushort>(band.AsSpan(at, rowBytes)), row);
                    _highest = Math.Max(_highest, TensorPrimitives.Max(row));
                }
                else if (_isCmyk)
                {
                    SpreadInk(band.AsSpan(at, rowBytes), row);
                }
                else
                {
                    Spread<byte>(band.AsSpan(at, rowBytes), row);
                }
                yield return row;
            }
        }
    }

    public void Dispose() => _planes.Dispose();

    /// <summary>From interleaved channels to one channel after the other.</summary>
    private void Spread<T>(ReadOnlySpan<T> interleaved, float[] row)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        if (Channels == 1)
        {
            TensorPrimitives.ConvertTruncating(interleaved, row);
            return;
        }
        for (var channel = 0; channel < Channels; channel++)
        {
            var plane = row.AsSpan(channel * Width, Width);
            for (var x = 0; x < plane.Length; x++)
            {
                plane[x] = float.CreateTruncating(interleaved[(x * Channels) + channel]);
            }
        }
    }

    /// <summary>The light that cyan, magenta and yellow, and black over them, leave: (255 − C)(255 − K) / 255, as Pillow has it.</summary>
    private void SpreadInk(ReadOnlySpan<byte> inks, float[] row)
    {
        for (var x = 0; x < Width; x++)
        {
            var light = 255 - inks[(4 * x) + 3];
            for (var channel = 0; channel < 3; channel++)
            {
                row[(channel * Width) + x] = light - (((inks[(4 * x) + channel] * light) + 127) / 255);
            }
        }
    }

    private static T Guard<T>(Func<T> decode)
    {
        try
        {
            return decode();
        }
        catch (VipsException e) when (e.Message.Contains("out of memory", StringComparison.Ordinal))
        {
            throw new InsufficientMemoryException("libvips: out of memory");
        }
        catch (VipsException e)
        {
            throw new InvalidImageException($"broken image: {Reason(e)}");
        }
    }

    /// <summary>The most telling line of libvips' message.</summary>
    private static string Reason(VipsException e) =>
        e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault(line => !line.StartsWith("unable to", StringComparison.Ordinal) && !line.EndsWith("load error", StringComparison.Ordinal))
        ?? "cannot be decoded";
}
