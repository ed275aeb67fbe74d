using MedMoE.Mesh.Bundle;
using NetVips;

namespace MedMoE.Mesh.Imaging.Tests;

/// <summary>Levels decoded from all kinds of PNG and JPEG.</summary>
public sealed class ImageKindsTests
{
    private static readonly ImageDecoder _decoder = new();
    private static readonly byte[] _cmyk = File.ReadAllBytes(Golden.PathOf("preprocessing", "cmyk-k-only.jpg"));

    /// <summary>Result of Pillow's convert("RGB") for the CMYK film.</summary>
    private static readonly float[] _cmykAsGray = _decoder.Decode(File.ReadAllBytes(Golden.PathOf("preprocessing", "cmyk-k-only-as-rgb.png"))).Planes;

    /// <summary>TIFF of one entry: orientation 6, a quarter turn.</summary>
    private static readonly byte[] _orientation =
        [(byte)'M', (byte)'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Decode_Cmyk_LevelsEqualPillows(bool adobe)
    {
        // Without Adobe's marker (18 bytes after the first two), Pillow also treats inks as inverted.
        var image = _decoder.Decode(adobe ? _cmyk : [.. _cmyk[..2], .. _cmyk[18..]]);

        Assert.Equal((3, 255), (image.Channels, image.MaxLevel));
        for (var channel = 0; channel < 3; channel++)
        {
            Assert.InRange(MostOff(_cmykAsGray, image.Planes.AsSpan(channel * _cmykAsGray.Length, _cmykAsGray.Length)), 0, 1);
        }
    }

    [Fact]
    public void Decode_Ycck_IsTurnedIntoInksFirst()
    {
        byte[] ycck = [.. _cmyk];
        Assert.Equal(0xEE, ycck[3]);
        ycck[17] = 2;

        var image = _decoder.Decode(ycck);

        // Luma and both chromas are 255 throughout. As RGB: over 255, 255 - 0.344 * 127 - 0.714 * 127 = 120.6, over 255; the file's C, M, Y are their
        // complements.
        Assert.All(image.Planes[.._cmykAsGray.Length], level => Assert.Equal(0, level));
        float[] green = [.. _cmykAsGray.Select(light => light * 134.4f / 255)];
        Assert.InRange(MostOff(green, image.Planes.AsSpan(green.Length, green.Length)), 0, 1.5);
    }

    [Fact]
    public void Decode_CmykColours_EachInkTakesItsShareOfTheLightThatBlackLeaves()
    {
        int[][] bars = [[255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [0, 0, 0, 255], [128, 64, 32, 100], [0, 0, 0, 0], [255, 255, 255, 255]];
        byte[] pixels = [.. bars.SelectMany(inks => Enumerable.Repeat(inks.Select(ink => (byte)ink).ToArray(), 16 * 16)).SelectMany(p => p)];
        using var raw = Image.NewFromMemory(pixels, 16, 16 * bars.Length, 4, Enums.BandFormat.Uchar);
        using var inks = raw.Copy(interpretation: Enums.Interpretation.Cmyk);

        var image = _decoder.Decode(inks.WriteToBuffer(".jpg", new VOption { { "Q", 100 } }));

        for (var bar = 0; bar < bars.Length; bar++)
        {
            for (var channel = 0; channel < 3; channel++)
            {
                var level = image.Planes[(((channel * image.Height) + (bar * 16) + 8) * 16) + 8];
                Assert.InRange(level - ((255 - bars[bar][channel]) * (255 - bars[bar][3]) / 255f), -2, 2);
            }
        }
    }

    [Fact]
    public void Decode_TwelveBitsInSixteen_FillTheRangeThatSbitTells()
    {
        var film = _decoder.Decode(File.ReadAllBytes(Golden.PathOf("preprocessing", "gray-12-bits-in-16-sbit.png")));

        // A film of 8 bits, its levels times 16; 255 · 16 of 4095 is a little less than white.
        Assert.Equal((1, 65535), (film.Channels, film.MaxLevel));
        Assert.Equal(65535f * 4080 / 4095, film.Planes.Max(), 0.1f);
    }

    [Theory]
    [InlineData(PngFile.Gray, 1)]
    [InlineData(PngFile.GrayAlpha, 2)]
    [InlineData(PngFile.Rgb, 3)]
    [InlineData(PngFile.Rgba, 4)]
    public void Decode_Sbit_CountsWhereNoLevelNeedsMoreBits(byte colour, int samples)
    {
        // Alpha is dropped and may need more bits.
        bool IsAlpha(int i) => samples % 2 == 0 && i % samples == samples - 1;
        int[][] Rows(int most) => [[.. Enumerable.Range(0, samples * 2).Select(i => IsAlpha(i) ? 65535 : most - i)]];
        var sbit = PngFile.Chunk("sBIT", [.. Enumerable.Repeat((byte)12, samples)]);

        var low = _decoder.Decode(PngFile.Of16(2, colour, Rows(4095), sbit));
        var full = _decoder.Decode(PngFile.Of16(2, colour, Rows(4096), sbit));

        Assert.Equal(65535, low.Planes[0], 0.1f);
        Assert.Equal(4096, full.Planes[0]);
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 17 })]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 16 })]
    public void Decode_SbitThatMakesNoSense_IsNone(byte[] bits) =>
        Assert.Equal([4000f, 1000f], _decoder.Decode(PngFile.Of16(2, PngFile.Gray, [[4000, 1000]], PngFile.Chunk("sBIT", bits))).Planes);

    [Fact]
    public void Decode_WithoutSbit_LevelsFillSixteenBits() =>
        Assert.Equal([4000f, 1000f], _decoder.Decode(PngFile.Of16(2, PngFile.Gray, [[4000, 1000]])).Planes);

    [Theory]
    [InlineData(8191, null, true)]
    [InlineData(8192, null, false)]
    [InlineData(1, null, true)]
    [InlineData(0, null, false)]
    [InlineData(4000, 12, false)]
    [InlineData(1000, 16, false)]
    public void Note_SixteenBitsBelowAnEighthOfWhite_UnlessSbitTells(int highest, int? bits, bool expected)
    {
        byte[][] sbit = bits is { } told ? [PngFile.Chunk("sBIT", (byte)told)] : [];
        var image = PngFile.Of16(2, PngFile.GrayAlpha, [[highest / 2, 65535, highest, 65535]], sbit);

        Assert.Equal(expected, _decoder.Decode(image).Note is not null);
        Assert.Equal(_decoder.Decode(image).Note, new ImagePreprocessor(new ImageSettings(), _decoder).Prepare(image).Note);
    }

    [Fact]
    public void Note_EightBits_None() => Assert.Null(_decoder.Decode(PngFile.Of(2, 8, PngFile.Gray, [[7, 9]])).Note);

    [Fact]
    public void Prepare_TwelveBits_SeesTheFilmThatEightBitsShow()
    {
        var twelve = File.ReadAllBytes(Golden.PathOf("preprocessing", "gray-12-bits-in-16-sbit.png"));
        var levels = _decoder.Decode(twelve).Planes;
        var eight = PngFile.Of(224, 8, PngFile.Gray, [.. levels.Select(level => (byte)Math.Round(level / 65535 * 4095 / 16)).Chunk(224)]);
        var preprocessor = new ImagePreprocessor(new ImageSettings(), _decoder);

        var (a, b) = (preprocessor.Prepare(twelve).Pixels, preprocessor.Prepare(eight).Pixels);

        // 1 of 255 over the smallest standard deviation.
        Assert.InRange(MostOff(a, b), 0, 1 / 255f / 0.224f);
        // Training and serving preprocess alike.
        Assert.InRange(MostOff(preprocessor.Prepare(_decoder.Decode(twelve)).Pixels, a), 0, 1e-5);
    }

    [Fact]
    public void Decode_KindsOfPng_GiveTheLevelsThatAreMeant()
    {
        var palette = PngFile.Chunk("PLTE", 10, 20, 30, 200, 100, 50);
        AssertLevels([10, 200, 20, 100, 30, 50], 255, PngFile.Of(2, 8, PngFile.Palette, [[0, 1]], palette));
        AssertLevels([10, 200, 20, 100, 30, 50], 255, PngFile.Of(2, 8, PngFile.Palette, [[0, 1]], palette, PngFile.Chunk("tRNS", 0)));
        AssertLevels([10, 200, 20, 100, 30, 50], 255, PngFile.Of(2, 1, PngFile.Palette, [[0b01000000]], palette));
        AssertLevels([0, 255], 255, PngFile.Of(2, 1, PngFile.Gray, [[0b01000000]]));
        AssertLevels([17, 255], 255, PngFile.Of(2, 4, PngFile.Gray, [[0x1F]]));
        AssertLevels([7, 9], 255, PngFile.Of(2, 8, PngFile.Gray, [[7, 9]], PngFile.Chunk("tRNS", 0, 7)));
        AssertLevels([7, 9], 255, PngFile.Of(2, 8, PngFile.GrayAlpha, [[7, 0, 9, 128]]));
        AssertLevels([700, 900], 65535, PngFile.Of16(2, PngFile.GrayAlpha, [[700, 0, 900, 65535]]));
        AssertLevels([1, 2, 3], 65535, PngFile.Of16(1, PngFile.Rgba, [[1, 2, 3, 0]]));
        AssertLevels([1, 2, 3], 65535, PngFile.Of16(1, PngFile.Rgb, [[1, 2, 3]], PngFile.Chunk("tRNS", 0, 1, 0, 2, 0, 3)));
    }

    [Fact]
    public void Decode_ColourManagementAndOrientation_CountForNothing()
    {
        byte[][] rows = [[10, 100], [200, 30]];
        foreach (var chunk in new[]
        {
            PngFile.Chunk("gAMA", 0, 0, 0xFF, 0xFF), PngFile.Chunk("sRGB", 0), PngFile.Chunk("eXIf", _orientation),
            PngFile.Chunk("cHRM", new byte[32]),
        })
        {
            AssertLevels([10, 100, 200, 30], 255, PngFile.Of(2, 8, PngFile.Gray, rows, chunk));
        }
        var jpeg = File.ReadAllBytes(Golden.PathOf("preprocessing", "rgb8_400x300.jpg"));
        byte[] turned = [.. jpeg[..2], 0xFF, 0xE1, 0, (byte)(8 + _orientation.Length), .. "Exif\0\0"u8, .. _orientation, .. jpeg[2..]];
        Assert.Equal("6", Image.NewFromBuffer(turned).Get("orientation").ToString());
        Assert.Equal(_decoder.Decode(jpeg).Planes, _decoder.Decode(turned).Planes);
    }

    [Theory]
    [InlineData(4, 12)] // bits of a sample
    [InlineData(4, 0)]
    [InlineData(9, 0)] // components
    [InlineData(9, 2)]
    [InlineData(9, 5)]
    [InlineData(1, 0xC3)] // lossless
    public void Decode_JpegsThatAreNotRead_AreRefused(int at, byte value)
    {
        byte[] jpeg = [.. _cmyk];
        var frame = jpeg.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]);
        jpeg[frame + at] = value;

        Assert.DoesNotContain('\n', Assert.Throws<InvalidImageException>(() => _decoder.Decode(jpeg)).Message);
    }

    private static void AssertLevels(float[] expected, int most, byte[] png)
    {
        var image = _decoder.Decode(png);
        Assert.Equal(most, image.MaxLevel);
        Assert.Equal(expected, image.Planes);
    }

    private static float MostOff(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var most = 0f;
        for (var i = 0; i < expected.Length; i++)
        {
            most = Math.Max(most, Math.Abs(expected[i] - actual[i]));
        }
        return most;
    }
}
