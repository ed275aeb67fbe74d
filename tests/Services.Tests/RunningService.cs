using Grpc.Net.Client;
using MedMoE.Mesh.Serving.Hosting;
using Microsoft.AspNetCore.Builder;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>A service on a real Kestrel, on ports the system chose.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningService(WebApplication app)
    {
        _app = app;
        Channel = GrpcChannel.ForAddress(app.GrpcAddress());
        Http = app.HttpAddress();
    }

    public GrpcChannel Channel { get; }

    public Uri Http { get; }

    public static async Task<RunningService> Start(Func<string[], WebApplication> create, string bundle, params string[] settings)
    {
        var app = create(
            ["--Serving:Address=127.0.0.1", "--Serving:GrpcPort=0", "--Serving:HttpPort=0", $"--Model:Bundle={bundle}", .. settings]);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RunningService(app);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
