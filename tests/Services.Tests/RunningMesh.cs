using MedMoE.Mesh.Backbone;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Expert;
using MedMoE.Mesh.Gateway;
using MedMoE.Mesh.Router;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.TextEncoder;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>Settings of a mesh: every service of a golden bundle in this process, each with its own Kestrel.</summary>
internal sealed record MeshPlan
{
    public Architecture Architecture { get; init; } = Architecture.Paper;

    /// <summary>Settings of the router, without "--".</summary>
    public string[] Router { get; init; } = [];

    public string[] Backbone { get; init; } = [];

    public string[] Experts { get; init; } = [];

    public string[] TextEncoder { get; init; } = [];

    public string[] Gateway { get; init; } = [];
}

/// <summary>The services of a <see cref="MeshPlan"/>, all of them ready.</summary>
internal sealed class RunningMesh : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _started = [];

    private RunningMesh(GoldenBundle files) => Files = files;

    public GoldenBundle Files { get; }

    public RunningService Backbone { get; private set; } = null!;

    public RunningService TextEncoder { get; private set; } = null!;

    public Dictionary<string, RunningService> Experts { get; } = [];

    public RunningService Router { get; private set; } = null!;

    public RunningService Gateway { get; private set; } = null!;

    /// <summary>A client of the gateway, as users have.</summary>
    public RouterService.RouterServiceClient Client => new(Gateway.Channel);

    private IEnumerable<string> Endpoints =>
    [
        $"Endpoints:Services:backbone={Backbone.Address}", $"Endpoints:Services:text-encoder={TextEncoder.Address}",
        .. Experts.Select(e => $"Endpoints:Services:expert-{e.Key}={e.Value.Address}"),
    ];

    public static async Task<RunningMesh> Start(MeshPlan plan)
    {
        var mesh = new RunningMesh(new GoldenBundle(plan.Architecture));
        try
        {
            mesh.Backbone = await mesh.Add(BackboneApp.Create, plan.Backbone);
            mesh.TextEncoder = await mesh.Add(TextEncoderApp.Create, plan.TextEncoder);
            foreach (var expert in mesh.Files.Open().Manifest.Experts)
            {
                mesh.Experts.Add(expert.Name, await mesh.Add(ExpertApp.Create, [$"Expert:Name={expert.Name}", .. plan.Experts]));
            }
            mesh.Router = await mesh.AddRouter(plan.Router);
            mesh.Gateway = await mesh.Add(
                GatewayApp.Create, [$"Endpoints:Services:router={mesh.Router.Address}", .. mesh.Endpoints, .. plan.Gateway]);
            return mesh;
        }
        catch
        {
            await mesh.DisposeAsync();
            throw;
        }
    }

    /// <summary>Another router for the same services. Later settings win.</summary>
    public Task<RunningService> AddRouter(params string[] settings) => Add(RouterApp.Create, [.. Endpoints, .. settings]);

    public async ValueTask DisposeAsync()
    {
        // Callers before the services they call.
        foreach (var service in Enumerable.Reverse(_started))
        {
            await service.DisposeAsync();
        }
        Files.Dispose();
    }

    private async Task<RunningService> Add(Func<string[], Microsoft.AspNetCore.Builder.WebApplication> create, params string[] settings)
    {
        var service = await RunningService.Start(create, Files.Root, [.. settings.Select(s => "--" + s)]);
        _started.Add(service);
        await service.Ready();
        return service;
    }
}
