using Google.Protobuf;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Wire.Tests;

public sealed class WireTensorsTests
{
    // Values that every type holds exactly.
    private static readonly float[] _values = [0, 1, -2.5f, 0.375f, 96, -0.0078125f];

    [Theory]
    [InlineData(DataType.Fp32)]
    [InlineData(DataType.Fp16)]
    [InlineData(DataType.Bf16)]
    public void FromSingles_ThenToSingles_GivesTheSame(DataType type)
    {
        var sent = WireTensors.FromSingles(_values, type, 2, 3);
        var received = WireTensor.Parser.ParseFrom(sent.ToByteArray());
        Assert.Equal(_values.Length * WireTensors.ElementSize(type), received.Data.Length);
        Assert.Equal(_values, WireTensors.ToSingles(received, "x", 2, 3));
        Assert.Equal(_values, WireTensors.ToSingles(received, "x", -1, 3));
    }

    [Theory]
    [InlineData(1.00390625f, 1f)] // a half between 1 and 1.0078125 goes to the even one
    [InlineData(1.01171875f, 1.015625f)]
    [InlineData(3.3e38f, 3.2962809e38f)]
    [InlineData(-1e-40f, -9.18355e-41f)] // subnormal: one step of 2^-133
    public void FromSingles_Bf16_RoundsToNearestEven(float value, float rounded) =>
        Assert.Equal(rounded, WireTensors.ToSingles(WireTensors.FromSingles([value], DataType.Bf16, 1), "x", 1)[0], Math.Abs(rounded) * 1e-4);

    [Fact]
    public void ToSingles_Bad_NamesTheField()
    {
        AssertRefused(null, "pixels: is missing");
        AssertRefused(new WireTensor { Shape = { 2 }, Data = ByteString.CopyFrom(new byte[8]) }, "pixels: data_type Unspecified");
        AssertRefused(WireTensors.FromSingles([1, 2, 3], DataType.Fp32, 3), "pixels: has shape [3], expected [2]");
        AssertRefused(WireTensors.FromSingles([1, 2], DataType.Fp32, 1, 2), "pixels: has shape [1, 2], expected [2]");
        AssertRefused(WireTensors.FromSingles([1, 2, 3], DataType.Fp32, 2), "pixels: has 12 bytes, expected 8");
        AssertRefused(WireTensors.FromSingles([1, float.NaN], DataType.Fp16, 2), "pixels: holds NaN or infinity");
        AssertRefused(WireTensors.FromSingles([1, 1e6f], DataType.Fp16, 2), "pixels: holds NaN or infinity");
        var huge = new WireTensor { DataType = DataType.Fp32, Shape = { long.MaxValue, long.MaxValue } };
        Assert.Contains("has shape", Assert.Throws<InvalidFieldException>(() => WireTensors.ToSingles(huge, "pixels", -1, -1)).Message);
    }

    private static void AssertRefused(WireTensor? tensor, string message)
    {
        var e = Assert.Throws<InvalidFieldException>(() => WireTensors.ToSingles(tensor, "pixels", 2));
        Assert.StartsWith(message, e.Message);
        Assert.Equal("pixels", e.Field);
    }
}
