using Grpc.Health.V1;
using Grpc.Net.Client;
using MedMoE.Mesh.Serving.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace MedMoE.Mesh.Services.Tests;

/// <summary>A service on a real Kestrel, on ports the system chose.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;

    private RunningService(WebApplication app)
    {
        _app = app;
        Channel = GrpcChannel.ForAddress(app.GrpcAddress(), new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
        Http = app.HttpAddress();
    }

    public GrpcChannel Channel { get; }

    public Uri Http { get; }

    /// <summary>Host and port of gRPC.</summary>
    public string Address => _app.GrpcAddress().Authority;

    public static async Task<RunningService> Start(Func<string[], WebApplication> create, string bundle, params string[] settings)
    {
        var app = create(
            ["--Serving:Address=127.0.0.1", "--Serving:GrpcPort=0", "--Serving:HttpPort=0", $"--Model:Bundle={bundle}", .. settings]);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RunningService(app);
    }

    /// <summary>Something inside it.</summary>
    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Returns when it serves.</summary>
    public async Task Ready()
    {
        using var watch = new Health.HealthClient(Channel).Watch(new HealthCheckRequest(), deadline: DateTime.UtcNow + _patience);
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        }
        while (watch.ResponseStream.Current.Status != HealthCheckResponse.Types.ServingStatus.Serving);
    }

    /// <summary>As on SIGTERM.</summary>
    public Task Stop() => _app.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        Channel.Dispose();
        await _app.DisposeAsync();
    }
}
