using NetVips;

namespace MedMoE.Mesh.Imaging.Tests;

/// <summary>Any mutated image gives either pixels or an error.</summary>
public sealed class ImageMutationTests
{
    private const int Rounds = 600;

    private static readonly ImageDecoder _decoder = new(maxPixels: 1 << 20);

    public static TheoryData<string, byte[]> Images()
    {
        using var noise = Image.Gaussnoise(24, 20, sigma: 60, mean: 128, seed: 1).Cast(Enums.BandFormat.Uchar);
        using var colour = noise.Bandjoin(noise.Rot180(), noise.Flip(Enums.Direction.Horizontal)).Copy(interpretation: Enums.Interpretation.Srgb);
        using var inks = colour.Bandjoin(noise).Copy(interpretation: Enums.Interpretation.Cmyk);
        using var deep = (noise * 16).Cast(Enums.BandFormat.Ushort).Copy(interpretation: Enums.Interpretation.Grey16);
        var twelve = PngFile.Chunk("sBIT", 12, 12, 12, 12);
        var interlaced = new VOption { { "interlace", true } };
        return new TheoryData<string, byte[]>
        {
            { "gray PNG", noise.PngsaveBuffer() },
            { "interlaced PNG", colour.PngsaveBuffer(interlace: true) },
            { "palette PNG", colour.PngsaveBuffer(palette: true) },
            { "16-bit PNG", deep.PngsaveBuffer() },
            { "12-bit PNG", PngFile.Of16(4, PngFile.Rgba, [[.. Enumerable.Range(0, 16)]], twelve, PngFile.Chunk("tEXt", 65, 0, 66)) },
            { "gray JPEG", noise.JpegsaveBuffer() },
            { "JPEG", colour.JpegsaveBuffer() },
            { "progressive JPEG", colour.WriteToBuffer(".jpg", interlaced) },
            { "CMYK JPEG", inks.JpegsaveBuffer() },
            { "progressive CMYK JPEG", inks.WriteToBuffer(".jpg", interlaced) },
        };
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void Decode_Mutations_GivePixelsOrAReason(string kind, byte[] encoded)
    {
        var random = new Random(31);
        var (read, refused) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var mutated = Mutated(encoded, random);
            try
            {
                var image = _decoder.Decode(mutated);
                Assert.Equal(image.Channels * image.Width * image.Height, image.Planes.Length);
                Assert.DoesNotContain(image.Planes, level => !(level >= 0 && level <= image.MaxLevel + 0.5f));
                read++;
            }
            catch (InvalidImageException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }
        }
        Assert.True(read > 0 && refused > 0, $"{kind}: {read} read, {refused} refused");
    }

    private static byte[] Mutated(byte[] encoded, Random random)
    {
        byte[] bytes = [.. encoded];
        for (var hits = random.Next(1, 5); hits > 0; hits--)
        {
            // Half of them in the headers.
            var at = random.Next(2) == 0 ? random.Next(bytes.Length) : random.Next(Math.Min(bytes.Length, 200));
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 16))..]];
                    break;
                case 3:
                    bytes = [.. bytes[..at], .. bytes[at..Math.Min(bytes.Length, at + 40)], .. bytes[at..]];
                    break;
                default:
                    bytes[at] = random.Next(2) == 0 ? (byte)0 : (byte)255;
                    break;
            }
            if (bytes.Length == 0)
            {
                return bytes;
            }
        }
        // Otherwise nearly every mutated PNG would fail at its checksum.
        if (random.Next(4) > 0)
        {
            PngFile.Mend(bytes);
        }
        return random.Next(20) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
