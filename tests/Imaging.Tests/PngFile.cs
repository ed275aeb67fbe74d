using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace MedMoE.Mesh.Imaging.Tests;

/// <summary>Builds PNG files of every kind byte by byte.</summary>
internal static class PngFile
{
    public const int Gray = 0, Rgb = 2, Palette = 3, GrayAlpha = 4, Rgba = 6;

    /// <param name="width">Pixels.</param>
    /// <param name="bits">Of a sample.</param>
    /// <param name="colour">Colour type.</param>
    /// <param name="rows">Packed samples of each row.</param>
    /// <param name="chunks">Chunks between header and pixels.</param>
    public static byte[] Of(int width, byte bits, byte colour, byte[][] rows, params byte[][] chunks)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), rows.Length);
        (header[8], header[9]) = (bits, colour);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var row in rows)
            {
                zlib.Write([0, .. row]);
            }
        }
        return
        [
            0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", header), .. chunks.SelectMany(chunk => chunk),
            .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND", []),
        ];
    }

    /// <summary>The same with 16 bits, one array of samples for each row.</summary>
    public static byte[] Of16(int width, byte colour, int[][] rows, params byte[][] chunks) =>
        Of(width, 16, colour, [.. rows.Select(row => row.SelectMany(sample => new[] { (byte)(sample >> 8), (byte)sample }).ToArray())], chunks);

    public static byte[] Chunk(string type, params byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        var chunk = new byte[body.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        body.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(body.Length + 4), Crc32(body));
        return chunk;
    }

    /// <summary>Corrects the checksums of changed chunks, as far as they can be found.</summary>
    public static void Mend(byte[] png)
    {
        for (var at = 8L; at + 12 <= png.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan((int)at));
            if (length > png.Length - at - 12)
            {
                return;
            }
            var body = png.AsSpan((int)at + 4, (int)length + 4);
            BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan((int)at + 8 + (int)length), Crc32(body));
            at += 12 + length;
        }
    }

    private static uint Crc32(ReadOnlySpan<byte> data)
    {
        var crc = ~0u;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
            }
        }
        return ~crc;
    }
}
