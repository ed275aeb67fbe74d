using System.Buffers.Binary;

namespace MedMoE.Mesh.Imaging;

/// <summary>What a PNG or JPEG header says before decoding.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="PixelBytes">Most bytes per pixel in the decoder.</param>
/// <param name="IsHeldWhole">Whether the decoder needs the whole image in memory instead of a few rows.</param>
/// <param name="SignificantBits">Of a 16-bit level, by sBIT (PNG 11.3.2.4); null without sBIT.</param>
internal readonly record struct ImageHeader(long Width, long Height, int PixelBytes, bool IsHeldWhole, int? SignificantBits = null)
{
    // Rows that libvips holds in memory when it decodes row by row.
    private const int RowsHeld = 256;

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    private static ReadOnlySpan<byte> JpegSignature => [0xFF, 0xD8, 0xFF];

    /// <summary>Upper limit of the bytes that decoding takes.</summary>
    public long DecodingBytes => (IsHeldWhole ? Height : Math.Min(Height, RowsHeld)) * Width * PixelBytes;

    /// <exception cref="InvalidImageException">Neither PNG nor JPEG, or its header is broken.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> encoded)
    {
        if (encoded.IsEmpty)
        {
            throw new InvalidImageException("not an image: 0 bytes");
        }
        // libvips reads many more formats (SVG, PDF, …), which are too risky for untrusted input.
        return encoded.StartsWith(PngSignature) ? ReadPng(encoded)
            : encoded.StartsWith(JpegSignature) ? ReadJpeg(encoded)
            : throw new InvalidImageException("not an image: neither PNG nor JPEG");
    }

    /// <summary>The IHDR chunk, always the first (PNG 11.2.2).</summary>
    private static ImageHeader ReadPng(ReadOnlySpan<byte> png)
    {
        if (png.Length < 29 || !png[12..16].SequenceEqual("IHDR"u8))
        {
            throw Broken();
        }
        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(png[16..]), BinaryPrimitives.ReadUInt32BigEndian(png[20..]));
        if (width > int.MaxValue || height > int.MaxValue)
        {
            throw Broken();
        }
        var (bits, colour, interlace) = (png[24], png[25], png[28]);
        // Gray or RGB, plus an alpha channel, which tRNS may add. A palette is expanded.
        var samples = colour is 0 or 4 ? 2 : 4;
        return new ImageHeader(width, height, samples * (bits > 8 ? 2 : 1), interlace != 0, bits == 16 ? ReadSignificantBits(png, colour) : null);
    }

    /// <summary>The sBIT chunk, which precedes the pixels: one number for gray, or one each for red, green and blue; then one for alpha.</summary>
    private static int? ReadSignificantBits(ReadOnlySpan<byte> png, int colour)
    {
        for (var chunk = png[8..]; chunk.Length >= 12 && !chunk[4..8].SequenceEqual("IDAT"u8);)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(chunk);
            if (length > chunk.Length - 12)
            {
                break;
            }
            if (chunk[4..8].SequenceEqual("sBIT"u8))
            {
                var channels = colour is 0 or 4 ? 1 : 3;
                var most = 0;
                foreach (var bits in chunk.Slice(8, Math.Min(channels, (int)length)))
                {
                    most = Math.Max(most, bits);
                }
                return most is > 0 and <= 16 ? most : null;
            }
            chunk = chunk[(12 + (int)length)..];
        }
        return null;
    }

    /// <summary>The frame header and the first scan header (JPEG, ITU-T T.81 B.2).</summary>
    private static ImageHeader ReadJpeg(ReadOnlySpan<byte> jpeg)
    {
        ImageHeader? frame = null;
        var samples = 0;
        for (var at = 2; at + 4 <= jpeg.Length;)
        {
            var (prefix, marker) = (jpeg[at], jpeg[at + 1]);
            if (prefix != 0xFF || marker is 0xFF or 0x00 or 0x01 or (>= 0xD0 and <= 0xD8))
            {
                // Padding, or a marker without a segment.
                at += prefix == 0xFF && marker != 0xFF ? 2 : 1;
                continue;
            }
            var segment = jpeg[(at + 2)..];
            int length = BinaryPrimitives.ReadUInt16BigEndian(segment);
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC) && segment.Length >= 8)
            {
                samples = segment[7];
                frame = new ImageHeader(
                    BinaryPrimitives.ReadUInt16BigEndian(segment[5..]), BinaryPrimitives.ReadUInt16BigEndian(segment[3..]), samples,
                    IsHeldWhole: (marker & 3) == 2);
            }
            else if (marker == 0xDA && frame is { } header && segment.Length >= 3)
            {
                // An image in several scans is held as 16-bit coefficients until the last scan.
                return header.IsHeldWhole || segment[2] < samples ? header with { PixelBytes = 2 * samples, IsHeldWhole = true } : header;
            }
            at += 2 + length;
        }
        throw Broken();
    }

    private static InvalidImageException Broken() => new("broken image: its header cannot be read");
}
