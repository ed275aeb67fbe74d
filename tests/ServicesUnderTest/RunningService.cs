using Grpc.Net.Client;
using MedMoE.Mesh.Serving.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>A service on a real Kestrel, on free ports. A test fails if it logs an unexpected error.</summary>
public sealed class RunningService : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly ErrorLog _errors;
    private string? _expectedError;

    private RunningService(WebApplication app, ErrorLog errors)
    {
        (_app, _errors) = (app, errors);
        var listeners = app.Services.GetRequiredService<Listeners>();
        Channel = GrpcChannel.ForAddress(listeners.Grpc, new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
        (Http, Doors, Address) = (listeners.Http, listeners.Doors, listeners.Grpc.Authority);
    }

    public GrpcChannel Channel { get; }

    public Uri Http { get; }

    /// <summary>Of a gateway; see <see cref="Listeners.Doors"/>.</summary>
    public Uri Doors { get; }

    /// <summary>HOST:PORT of gRPC.</summary>
    public string Address { get; }

    /// <summary>Starts a service.</summary>
    /// <param name="create">Creates the application.</param>
    /// <param name="bundle">Folder of its bundle, or null if it has no model.</param>
    /// <param name="settings">Further arguments.</param>
    public static async Task<RunningService> Start(Func<string[], WebApplication> create, string? bundle, params string[] settings)
    {
        string[] model = bundle is null ? [] : [$"--Model:Bundle={bundle}"];
        var app = create(["--Serving:Address=127.0.0.1", "--Serving:GrpcPort=0", "--Serving:HttpPort=0", .. model, .. settings]);
        var errors = new ErrorLog();
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(errors);
        await app.StartAsync(CancellationToken.None).WaitAsync(_patience);
        return new RunningService(app, errors);
    }

    /// <summary>Expects errors in the log that contain these words.</summary>
    public void ExpectError(string words) => _expectedError = words;

    /// <summary>Whether it has logged an error that contains these words.</summary>
    public bool HasLoggedError(string words) => _errors.Lines.Any(line => line.Contains(words, StringComparison.Ordinal));

    /// <summary>A service from its container.</summary>
    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Waits until it reports SERVING.</summary>
    public Task Ready() => Healthy.Await(Channel);

    /// <summary>Stops it as SIGTERM does; returns when running calls have ended.</summary>
    public Task Stop() => _app.StopAsync(CancellationToken.None);

    /// <summary>Requests a stop as SIGTERM does; running calls continue until it is disposed.</summary>
    public void BeginStopping() => _app.Lifetime.StopApplication();

    public async ValueTask DisposeAsync()
    {
        await Stop();
        Channel.Dispose();
        await _app.DisposeAsync();
        Assert.DoesNotContain(_errors.Lines, line => _expectedError is null || !line.Contains(_expectedError, StringComparison.Ordinal));
    }
}
