using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Analysis;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Benchmarks;

/// <summary>
/// One image and its report, in one process, and through gateway, router and the services over loopback. The demo bundle's networks are so small that
/// the overhead of the mesh is visible.
/// </summary>
public class MeshBenchmark
{
    private const string Report = "There is a large mass in the right lung";

    private DemoMesh _mesh = null!;
    private byte[] _png = null!;
    private ImageAnalyzer _analyzer = null!;

    [GlobalSetup]
    public async Task Start()
    {
        _png = await File.ReadAllBytesAsync(Golden.PathOf("preprocessing", "gray8_512x640.png"));
        _analyzer = new ImageAnalyzer(ModelBundle.Open(DemoMesh.Bundle), new TorchOptions());
        _mesh = await DemoMesh.Start("mri");
    }

    [GlobalCleanup]
    public async Task Stop()
    {
        _analyzer.Dispose();
        await _mesh.DisposeAsync();
    }

    [Benchmark(Baseline = true)]
    public object OneProcess() => _analyzer.Analyze(_png, Report, Bundle.Gating.GatingPolicy.Explicit, "mri");

    /// <summary>A new image with a cached report.</summary>
    [Benchmark]
    public Task<AnalyzeResponse> MeshFreshImage() => Analyze([.. _png, .. Guid.NewGuid().ToByteArray()]);

    /// <summary>The answer is in the router's memory.</summary>
    [Benchmark]
    public Task<AnalyzeResponse> MeshKnownImage() => Analyze(_png);

    private async Task<AnalyzeResponse> Analyze(byte[] image) => await _mesh.Client.AnalyzeAsync(new AnalyzeRequest
    {
        Image = new Image { Encoded = UnsafeByteOperations.UnsafeWrap(image) },
        Report = Report,
        Gating = new V1.Gating { Policy = V1.GatingPolicy.Explicit, Expert = "mri" },
    });
}
