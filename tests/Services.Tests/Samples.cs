using Google.Protobuf;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>Images and reports of tests/golden.</summary>
internal static class Samples
{
    public static string[] Files { get; } = ["gray8_512x640.png", "rgb8_400x300.png"];

    public static string[] Reports { get; } =
        [.. Golden.Json("medmoe-nano-paper", "io.json").GetProperty("reports").EnumerateArray().Select(r => r.GetString()!)];

    public static byte[] Bytes(string file) => File.ReadAllBytes(Golden.PathOf("preprocessing", file));

    public static Image Encoded(string file) => new() { Encoded = ByteString.CopyFrom(Bytes(file)) };

    /// <summary>The stored pixel values of an image, [3, 224, 224].</summary>
    public static float[] Stored(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden.Open("preprocessing");
        return [.. golden[$"{name}.pixel_values"].data<float>()];
    }

    public static Image Pixels(float[] pixels) => new() { Pixels = WireTensors.FromSingles(pixels, DataType.Fp32, 3, 224, 224) };

    /// <summary>An image that is unique in this process.</summary>
    public static Image Fresh()
    {
        var pixels = new float[3 * 224 * 224];
        for (var i = 0; i < 512; i++)
        {
            pixels[i] = Random.Shared.NextSingle();
        }
        return Pixels(pixels);
    }
}
