using System.Buffers.Binary;
using MedMoE.Mesh.Bundle;
using NetVips;

namespace MedMoE.Mesh.Imaging.Tests;

/// <summary>The memory for decoding images, and images refused because of it.</summary>
public sealed class ImageCostTests
{
    private const long MiB = 1 << 20;

    private static readonly ImagePreprocessor _preprocessor = new(new ImageSettings(), new ImageDecoder());

    [Theory]
    [InlineData(1, 9_700_000, "image of 1×9700000 pixels, which cost as much as 224×9700000, over the limit of 67108864")]
    [InlineData(9_700_000, 1, "image of 9700000×1 pixels, which cost as much as 9700000×224, over the limit of 67108864")]
    [InlineData(1, 299_594, "image of 1×299594 pixels, which cost as much as 224×299594, over the limit of 67108864")]
    [InlineData(8193, 8192, "image of 8193×8192 pixels, over the limit of 67108864")]
    [InlineData(int.MaxValue, int.MaxValue, "image of 2147483647×2147483647 pixels, over the limit of 67108864")]
    [InlineData(-1, -1, "broken image: its header cannot be read")]
    public void Open_TooCostly_IsRefusedFromItsHeader(int width, int height, string reason)
    {
        var header = Png(1, 1, bands: 1, Enums.BandFormat.Uchar);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(20), height);

        var e = Assert.Throws<InvalidImageException>(() => _preprocessor.Open(header));

        Assert.Equal(reason, e.Message);
    }

    [Theory]
    [InlineData(".png", false, 256 * 3000 * 8)] // 256 rows of RGBA in 16 bits
    [InlineData(".png", true, 2000 * 3000 * 8)] // interlaced: all rows
    public void DecodingBytes_Png_OfTheRowsThatAreHeld(string format, bool interlace, long expected)
    {
        var png = Png(3000, 2000, bands: 3, Enums.BandFormat.Ushort, format, interlace);
        Assert.Equal(expected + png.Length, _preprocessor.Open(png).DecodingBytes);
    }

    [Theory]
    [InlineData(false, 256 * 3000 * 3)]
    [InlineData(true, 2000 * 3000 * 6)] // progressive: all coefficients
    public void DecodingBytes_Jpeg_OfTheRowsThatAreHeld(bool progressive, long expected)
    {
        var jpeg = Png(3000, 2000, bands: 3, Enums.BandFormat.Uchar, ".jpg", progressive);
        Assert.Equal(expected + jpeg.Length, _preprocessor.Open(jpeg).DecodingBytes);
    }

    [Theory]
    [InlineData(8192, 8192, false)]
    [InlineData(299_593, 224, false)]
    [InlineData(224, 299_593, false)]
    [InlineData(1, 299_593, false)]
    [InlineData(4096, 4096, true)]
    public void Prepare_Of16BitsInRgb_TakesNoMoreThanItSays(int width, int height, bool interlace)
    {
        var image = _preprocessor.Open(Png(width, height, bands: 3, Enums.BandFormat.Ushort, ".png", interlace));
        GC.Collect();
        var before = Stats.Mem;
        var managed = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;
        using var ended = new CancellationTokenSource();
        var watch = new Thread(() =>
        {
            while (!ended.Token.WaitHandle.WaitOne(1))
            {
                most = Math.Max(most, Stats.Mem + GC.GetTotalMemory(forceFullCollection: false));
            }
        });
        watch.Start();

        var pixels = _preprocessor.Prepare(image, TestContext.Current.CancellationToken).Pixels;

        ended.Cancel();
        watch.Join();
        Assert.Equal(3 * 224 * 224, pixels.Length);
        // Uncollected garbage counts as well: as much as the runtime allows between two collections.
        Assert.InRange(most - before - managed, 0, image.DecodingBytes + (96 * MiB));
    }

    [Fact]
    public void Prepare_CallerGone_Stops()
    {
        var image = _preprocessor.Open(Png(4096, 4096, bands: 1, Enums.BandFormat.Uchar));
        Assert.Throws<OperationCanceledException>(() => _preprocessor.Prepare(image, new CancellationToken(canceled: true)));
    }

    [Theory]
    [InlineData("gray8_512x640.png")]
    [InlineData("rgb8_400x300.png")]
    [InlineData("rgb8_400x300.jpg")]
    [InlineData("gray16_512x512.png")]
    public void Prepare_FromTheFile_EqualsFromTheDecodedImage(string file)
    {
        var encoded = File.ReadAllBytes(Golden.PathOf("preprocessing", file));
        Assert.Equal(_preprocessor.Prepare(new ImageDecoder().Decode(encoded)).Pixels, _preprocessor.Prepare(encoded).Pixels);
    }

    [Fact]
    public void Prepare_TwoHeadersThatDiffer_IsRefused()
    {
        // A progressive frame after a baseline one: the frame that is measured must be the one that is decoded.
        var jpeg = Png(64, 64, bands: 3, Enums.BandFormat.Uchar, ".jpg", interlace: true);
        byte[] hidden = [.. jpeg[..2], 0xFF, 0xC0, 0, 8, 8, 0, 64, 0, 64, 1, 0xFF, 0xDA, 0, 3, 1, .. jpeg[2..]];
        Assert.Throws<InvalidImageException>(() => _preprocessor.Prepare(hidden));
    }

    private static byte[] Png(int width, int height, int bands, Enums.BandFormat format, string suffix = ".png", bool interlace = false)
    {
        using var black = Image.Black(width, height, bands).Cast(format);
        using var image = black.Copy(interpretation: bands == 1
            ? format == Enums.BandFormat.Ushort ? Enums.Interpretation.Grey16 : Enums.Interpretation.Bw
            : format == Enums.BandFormat.Ushort ? Enums.Interpretation.Rgb16 : Enums.Interpretation.Srgb);
        return image.WriteToBuffer(suffix, new VOption { { "interlace", interlace } });
    }
}
