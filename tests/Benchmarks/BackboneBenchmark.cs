using BenchmarkDotNet.Attributes;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Swin;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Benchmarks;

/// <summary>Swin-T at 224 pixels, one batch. Divide by <see cref="Batch"/> for the time of an image.</summary>
public class BackboneBenchmark
{
    private PyramidBackbone _plain = null!;
    private PyramidBackbone _frozen = null!;
    private Tensor _pixels = null!;

    [Params(1, 8)]
    public int Batch { get; set; }

    [Params(Precision.Fp32, Precision.Bf16)]
    public Precision Precision { get; set; }

    [GlobalSetup]
    public void Load()
    {
        var options = new TorchOptions(Precision: Precision);
        PyramidBackbone Make()
        {
            var network = new SwinTransformer(new SwinConfig(224, 4, 3, 96, [2, 2, 6, 2], [3, 6, 12, 24], 7, 4, true, 1e-5));
            options.Place(network);
            return new PyramidBackbone(network, Architecture.Paper);
        }
        _plain = Make();
        _frozen = Make();
        _frozen.Network.Freeze();
        _pixels = rand(Batch, 3, 224, 224).to(options.ScalarType);
    }

    /// <summary>As in training: queries, keys, values and position biases are combined in every call.</summary>
    [Benchmark(Baseline = true)]
    public void Plain() => Run(_plain);

    /// <summary>As in serving: they are combined once.</summary>
    [Benchmark]
    public void Frozen() => Run(_frozen);

    private void Run(PyramidBackbone backbone)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        backbone.Extract(_pixels, (_, _) => { });
    }
}
