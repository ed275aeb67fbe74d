using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Gateway.Tests;

/// <summary>A router with a gateway, shared by many requests.</summary>
public sealed class GuardedRouter : IAsyncLifetime
{
    public const int MaxMessageBytes = 1 << 20;

    internal RunningService Router { get; private set; } = null!;

    internal RunningService Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var limit = $"--Serving:MaxMessageBytes={MaxMessageBytes}";
        Router = await RunningService.Start(EchoRouter.Create, null, limit);
        Gateway = await RunningService.Start(GatewayApp.Create, null, $"--Endpoints:Services:router={Router.Address}", limit);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Router.DisposeAsync();
    }
}
