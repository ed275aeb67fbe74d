using MedMoE.Mesh.Bundle.Gating;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.Tests;

public sealed class GateScorerTests
{
    [Fact]
    public void Score_LargeLogits_StaysFinite()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var scorer = GateScorer.Load(files.Open(), "report");
        var probabilities = scorer.Score([.. Enumerable.Repeat(1e6f, scorer.InputSize)]);
        Assert.Equal(1, probabilities.Sum(), 1e-5);
        Assert.Throws<ArgumentException>(() => scorer.Score(new float[3]));
    }

    [Fact]
    public void Load_BadTensors_ListsEach()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var path = Path.Combine(files.Root, "gate", "model.safetensors");
        SafetensorsWriter.Write(path,
        [
            new TensorSource("report.0.weight", SafetensorsDType.F32, [2, 64], stream => stream.Write(new byte[512])),
            new TensorSource("report.0.bias", SafetensorsDType.F32, [3], stream => stream.Write(new byte[12])),
            new TensorSource(
                "report.2.weight", SafetensorsDType.F32, [4, 2], stream => stream.Write([.. BitConverter.GetBytes(float.NaN), .. new byte[28]])),
        ]);

        var e = Assert.Throws<BundleException>(() => GateScorer.Load(files.Open(), "report"));

        Assert.Equal(
        [
            $"{path}: tensor report.0.bias has shape [3], expected [2]",
            $"{path}: tensor report.2.weight holds NaN or infinity",
            $"{path}: tensor report.2.bias is missing",
        ], e.Faults.Select(f => f.ToString()));
    }
}
