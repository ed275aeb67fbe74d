using Grpc.Net.Client;
using MedMoE.Mesh.Serving.Hosting;
using Microsoft.AspNetCore.Builder;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>A service on a real Kestrel, on ports the system chose.</summary>
public sealed class RunningService : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;

    private RunningService(WebApplication app)
    {
        _app = app;
        Channel = GrpcChannel.ForAddress(app.GrpcAddress());
        Http = app.HttpAddress();
    }

    public GrpcChannel Channel { get; }

    public Uri Http { get; }

    /// <summary>Where it answers gRPC, as an endpoint: HOST:PORT.</summary>
    public string Endpoint => _app.GrpcAddress().Authority;

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a service.</summary>
    /// <param name="create">Puts it together.</param>
    /// <param name="bundle">Folder of its bundle, or null where it has no model.</param>
    /// <param name="settings">Further arguments.</param>
    public static async Task<RunningService> Start(Func<string[], WebApplication> create, string? bundle, params string[] settings)
    {
        string[] model = bundle is null ? [] : [$"--Model:Bundle={bundle}"];
        var app = create(["--Serving:Address=127.0.0.1", "--Serving:GrpcPort=0", "--Serving:HttpPort=0", .. model, .. settings]);
        await app.StartAsync(CancellationToken.None).WaitAsync(_patience);
        return new RunningService(app);
    }

    /// <summary>Tells it to stop as SIGTERM does; running calls go on, until it is disposed.</summary>
    public void BeginStopping() => _app.Lifetime.StopApplication();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
