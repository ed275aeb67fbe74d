using MedMoE.Mesh.Backbone;
using MedMoE.Mesh.Expert;
using MedMoE.Mesh.Gateway;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.Router;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.TextEncoder;
using MedMoE.Mesh.V1;
using Microsoft.AspNetCore.Builder;

namespace MedMoE.Mesh.Benchmarks;

/// <summary>A mesh of the demo bundle in this process, every service on its own Kestrel.</summary>
internal sealed class DemoMesh : IAsyncDisposable
{
    private readonly List<RunningService> _services = [];

    public static string Bundle { get; } = Path.Combine(Golden.Repository, "services", "libs", "Bundle", "demo");

    /// <summary>HOST:PORT of the gateway.</summary>
    public string Gateway => _services[^1].Address;

    public RouterService.RouterServiceClient Client => new(_services[^1].Channel);

    /// <param name="expert">The expert that runs here.</param>
    /// <param name="elsewhere">Other experts, as settings of gateway and router.</param>
    public static async Task<DemoMesh> Start(string expert, params string[] elsewhere)
    {
        var mesh = new DemoMesh();
        var backbone = await mesh.Add(BackboneApp.Create);
        var text = await mesh.Add(TextEncoderApp.Create);
        var own = await mesh.Add(ExpertApp.Create, $"--Expert:Name={expert}");
        var router = await mesh.Add(
            RouterApp.Create,
            [
                $"--Endpoints:Services:backbone={backbone.Address}",
                $"--Endpoints:Services:text-encoder={text.Address}",
                $"--Endpoints:Services:expert-{expert}={own.Address}",
                .. elsewhere,
            ]);
        await mesh.Add(GatewayApp.Create, [$"--Endpoints:Services:router={router.Address}", .. elsewhere]);
        return mesh;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in Enumerable.Reverse(_services))
        {
            await service.DisposeAsync();
        }
    }

    private async Task<RunningService> Add(Func<string[], WebApplication> create, params string[] settings)
    {
        var service = await RunningService.Start(create, Bundle, settings);
        _services.Add(service);
        await service.Ready();
        return service;
    }
}
