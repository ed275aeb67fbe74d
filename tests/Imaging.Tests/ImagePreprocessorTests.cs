using MedMoE.Mesh.Bundle;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Imaging.Tests;

public sealed class ImagePreprocessorTests
{
    // Mean 0 and standard deviation 1/255: prepared values are the resized levels.
    private static readonly ImageSettings _levels = new() { Mean = [0, 0, 0], Std = [1 / 255f, 1 / 255f, 1 / 255f] };

    [Theory]
    [InlineData("gray8_512x640.png", "gray8_512x640", 1, 0.001)]
    [InlineData("gray8_130x100.png", "gray8_130x100", 1, 0.001)]
    [InlineData("rgb8_400x300.png", "rgb8_400x300", 1, 0.001)]
    [InlineData("rgba8_400x300.png", "rgba8_400x300", 1, 0.001)]
    [InlineData("rgb8_400x300.jpg", "rgb8_400x300_jpeg", 4, 1)]
    public void Prepare_Golden_LevelsEqualPillows(string file, string reference, double most, double mean)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("preprocessing");

        var off = (Levels(file) - golden[$"{reference}.resized"].permute(2, 0, 1).to(ScalarType.Float32)).abs();

        Assert.True(off.max().item<float>() <= most + 1e-3, $"most {off.max().item<float>()}");
        Assert.True(off.mean().item<float>() <= mean, $"mean {off.mean().item<float>()}");
    }

    [Theory]
    [InlineData("gray8_512x640")]
    [InlineData("rgb8_400x300")]
    public void Prepare_Golden_PixelValuesEqualReference(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("preprocessing");
        var pixels = new ImagePreprocessor(new ImageSettings(), new ImageDecoder())
            .Prepare(File.ReadAllBytes(Golden.PathOf("preprocessing", name + ".png"))).Pixels;

        var off = (tensor(pixels, [1, 3, 224, 224]) - golden[$"{name}.pixel_values"]).abs().max().item<float>();

        // One level of 255 over the smallest standard deviation.
        Assert.True(off <= 1.001 / 255 / 0.224, $"{off}");
    }

    [Fact]
    public void Prepare_Gray16_KeepsMoreThanEightBits()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("preprocessing");

        var levels = Levels("gray16_512x512.png");

        // The reference resized the high bytes, v / 256 rounded down; levels are v / 257: half a level apart on average, never more
        // than 1 and a half.
        var off = (levels - golden["gray16_512x512_high_byte.resized"].permute(2, 0, 1).to(ScalarType.Float32)).abs();
        Assert.True(off.max().item<float>() <= 1.5, $"most {off.max().item<float>()}");
        // With eight bits there would be only whole levels.
        var fractions = (levels - levels.round()).abs();
        Assert.True(fractions.mean().item<float>() > 0.2, $"mean fraction {fractions.mean().item<float>()}");
    }

    [Fact]
    public void Decode_Broken_SaysWhy()
    {
        var jpeg = File.ReadAllBytes(Golden.PathOf("preprocessing", "rgb8_400x300.jpg"));
        var png = File.ReadAllBytes(Golden.PathOf("preprocessing", "rgb8_400x300.png"));
        AssertRefused([], "0 bytes");
        AssertRefused("%PDF-1.7"u8.ToArray(), "neither PNG nor JPEG");
        AssertRefused("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"u8.ToArray(), "neither PNG nor JPEG");
        AssertRefused(jpeg[..(jpeg.Length / 2)], "broken image");
        AssertRefused(png[..(png.Length / 2)], "broken image");
        AssertRefused(png[..20], "broken image");
    }

    [Fact]
    public void Decode_HugeHeader_IsRefusedBeforeDecoding()
    {
        // 60000×60000 by its IHDR, without data: decoding would report the missing data instead.
        byte[] header = [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 0, 0, 0, 0];
        byte[] bomb = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. PngFile.Chunk("IHDR", header), .. PngFile.Chunk("IDAT")];
        AssertRefused(bomb, "60000×60000 pixels, over the limit of 67108864");
        Assert.Contains("over the limit of 100", Assert.Throws<InvalidImageException>(() =>
            new ImageDecoder(maxPixels: 100).Decode(File.ReadAllBytes(Golden.PathOf("preprocessing", "rgb8_400x300.png")))).Message);
    }

    private static void AssertRefused(byte[] bytes, string reason)
    {
        var e = Assert.Throws<InvalidImageException>(() => new ImageDecoder().Decode(bytes));
        Assert.Contains(reason, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    private static Tensor Levels(string file) => tensor(
        new ImagePreprocessor(_levels, new ImageDecoder()).Prepare(File.ReadAllBytes(Golden.PathOf("preprocessing", file))).Pixels, [3, 224, 224]);
}
