using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using NetVips;

namespace MedMoE.Mesh.Imaging;

/// <summary>
/// Decodes an image row by row with libvips, so that memory does not grow with its size. No colour management (ICC profiles, gAMA) and no EXIF
/// rotation, as in the pipelines that models are trained with.
/// </summary>
internal sealed class ImageReader : IDisposable
{
    // Bytes of rows fetched at once, if a row is not larger: below the threshold of the large object heap.
    private const int BandBytes = 64 << 10;

    private const string FewBitsInSixteen =
        "the image has 16 bits, but no level reaches 1/8 of white: it is nearly black for the model. If 12 bits or fewer are stored in 16, scale the "
        + "levels up, or set sBIT in the PNG";

    private readonly Image _planes;
    private readonly bool _isCmyk;
    private readonly int? _significantBits;
    private float _highest;

    static ImageReader()
    {
        // By default, libvips caches decoded images for the next call and writes warnings to standard error.
        Cache.Max = 0;
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.All, (_, _, _) => { });
    }

    /// <exception cref="InvalidImageException">The file is broken or does not match its header.</exception>
    public ImageReader(byte[] encoded, ImageHeader header)
    {
        _planes = Guard(() =>
        {
            using var image = Image.NewFromBuffer(encoded, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
            if (image.Width != header.Width || image.Height != header.Height || (image.Contains("interlaced") && !header.IsHeldWhole))
            {
                throw new InvalidImageException("broken image: it has two different headers");
            }
            // Transparency has no meaning for a study and is dropped, like in Pillow's convert("RGB").
            var channels = image.Interpretation == Enums.Interpretation.Cmyk ? image.Bands : image.Bands >= 3 ? 3 : 1;
            return image.Bands == channels ? image.Copy() : image.ExtractBand(0, n: channels);
        });
        // Read once, because libvips looks up properties by name.
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

    public int Channels { get; }

    public int MaxLevel { get; }

    /// <summary>
    /// The level of white, valid after all rows were read: <see cref="MaxLevel"/>, unless sBIT has fewer bits and all levels fit them. PNG requires
    /// levels scaled to all 16 bits, but most writers of 12 bits do not scale them.
    /// </summary>
    public int FullScale => _significantBits is { } bits and < 16 && _highest < 1 << bits ? (1 << bits) - 1 : MaxLevel;

    /// <summary>
    /// A note for the user in one line, or null; valid after all rows were read. No note for images with sBIT, whose levels are intended, or that are
    /// entirely black.
    /// </summary>
    public string? Note => MaxLevel > 255 && _significantBits is null && _highest > 0 && _highest < (MaxLevel + 1) / 8 ? FewBitsInSixteen : null;

    /// <summary>Rows from the top, each [channels, width]; all share one buffer, which the next row overwrites. Can be read once.</summary>
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
                    Deinterleave(MemoryMarshal.Cast<byte, ushort>(band.AsSpan(at, rowBytes)), row);
                    _highest = Math.Max(_highest, TensorPrimitives.Max(row));
                }
                else if (_isCmyk)
                {
                    ConvertCmyk(band.AsSpan(at, rowBytes), row);
                }
                else
                {
                    Deinterleave<byte>(band.AsSpan(at, rowBytes), row);
                }
                yield return row;
            }
        }
    }

    public void Dispose() => _planes.Dispose();

    /// <summary>Converts interleaved channels to planes.</summary>
    private void Deinterleave<T>(ReadOnlySpan<T> interleaved, float[] row)
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

    /// <summary>Converts CMYK to RGB like Pillow: (255 − C)(255 − K) / 255.</summary>
    private void ConvertCmyk(ReadOnlySpan<byte> inks, float[] row)
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

    /// <summary>The most specific line of libvips' message.</summary>
    private static string Reason(VipsException e) =>
        e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault(line => !line.StartsWith("unable to", StringComparison.Ordinal) && !line.EndsWith("load error", StringComparison.Ordinal))
        ?? "cannot be decoded";
}
