using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using MedMoE.Mesh.Backbone;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Expert;
using MedMoE.Mesh.Gateway;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Analysis;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.Router;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.TextEncoder;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Benchmarks;

/// <summary>
/// One image and its report, in one process and through gateway, router and the services behind it, over loopback. The networks are those of
/// the demo bundle, so small that what the mesh itself takes shows.
/// </summary>
public class MeshBenchmark
{
    private const string Report = "There is a large mass in the right lung";

    private readonly List<RunningService> _services = [];
    private byte[] _png = null!;
    private ImageAnalyzer _analyzer = null!;
    private RouterService.RouterServiceClient _client = null!;

    [GlobalSetup]
    public async Task Start()
    {
        var demo = Path.Combine(Golden.Repository, "services", "libs", "Bundle", "demo");
        _png = await File.ReadAllBytesAsync(Golden.PathOf("preprocessing", "gray8_512x640.png"));
        _analyzer = new ImageAnalyzer(ModelBundle.Open(demo), new TorchOptions());
        async Task<RunningService> Add(Func<string[], Microsoft.AspNetCore.Builder.WebApplication> create, params string[] settings)
        {
            var service = await RunningService.Start(create, demo, settings);
            _services.Add(service);
            await service.Ready();
            return service;
        }
        var backbone = await Add(BackboneApp.Create);
        var text = await Add(TextEncoderApp.Create);
        var expert = await Add(ExpertApp.Create, "--Expert:Name=mri");
        var router = await Add(
            RouterApp.Create, $"--Endpoints:Backbone={backbone.Address}", $"--Endpoints:TextEncoder={text.Address}", $"--Endpoints:Experts:mri={expert.Address}");
        var gateway = await Add(GatewayApp.Create, $"--Endpoints:Router={router.Address}");
        _client = new RouterService.RouterServiceClient(gateway.Channel);
    }

    [GlobalCleanup]
    public async Task Stop()
    {
        _analyzer.Dispose();
        foreach (var service in Enumerable.Reverse(_services))
        {
            await service.DisposeAsync();
        }
    }

    [Benchmark(Baseline = true)]
    public object OneProcess() => _analyzer.Analyze(_png, Report, Bundle.Gating.GatingPolicy.Explicit, "mri");

    /// <summary>An image that the mesh has not seen; its report it knows.</summary>
    [Benchmark]
    public Task<AnalyzeResponse> MeshFreshImage() => Analyze([.. _png, .. Guid.NewGuid().ToByteArray()]);

    /// <summary>Nothing runs: the answer is in the router's memory.</summary>
    [Benchmark]
    public Task<AnalyzeResponse> MeshKnownImage() => Analyze(_png);

    private async Task<AnalyzeResponse> Analyze(byte[] image) => await _client.AnalyzeAsync(new AnalyzeRequest
    {
        Image = new Image { Encoded = UnsafeByteOperations.UnsafeWrap(image) },
        Report = Report,
        Gating = new V1.Gating { Policy = V1.GatingPolicy.Explicit, Expert = "mri" },
    });
}
