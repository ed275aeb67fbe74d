using BenchmarkDotNet.Attributes;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Experts;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Benchmarks;

/// <summary>One expert of full size (D = 768, bottleneck 256) on one pyramid of Swin-T and 20 words.</summary>
public class ExpertBenchmark
{
    private const int Words = 20;

    private ModalityExpert _expert = null!;
    private Tensor[] _pyramid = null!;
    private Tensor _words = null!;

    [Params(Precision.Fp32, Precision.Bf16)]
    public Precision Precision { get; set; }

    [GlobalSetup]
    public void Load()
    {
        var options = new TorchOptions(Precision: Precision);
        _expert = new ModalityExpert(new ExpertShape(Architecture.Paper, [96, 192, 384, 768], 768, 256));
        options.Place(_expert);
        _expert.Freeze();
        _pyramid = [.. new[] { (56, 96), (28, 192), (14, 384), (7, 768) }.Select(l => rand(1, l.Item1, l.Item1, l.Item2).to(options.ScalarType))];
        _words = rand(1, Words, 768);
    }

    /// <summary>Materialises the 56×56×768 features and attends over them.</summary>
    [Benchmark(Baseline = true)]
    public void Dense() => Attend(features => LocalFeatures.From(features.Dense()));

    /// <summary>Never materialises them: attends over the levels at native resolution.</summary>
    [Benchmark]
    public void Factored() => Attend(features => features);

    private void Attend(Func<LocalFeatures, LocalFeatures> form)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var features = form(_expert.Fuse(_pyramid));
        features.Mean();
        WordAttention.Attend(features, _words, [Words], Architecture.Paper, 4);
    }
}
