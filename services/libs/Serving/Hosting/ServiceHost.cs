using System.Net;
using System.Net.Sockets;
using Grpc.AspNetCore.Server.Model;
using Grpc.HealthCheck;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Serving.Limits;
using MedMoE.Mesh.Serving.Load;
using MedMoE.Mesh.Serving.Reloading;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Serving.Telemetry;
using MedMoE.Mesh.Serving.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>What all services share: two ports, message limits, errors, health, reflection, metrics, graceful shutdown.</summary>
public static partial class ServiceHost
{
    // As many threads as libraries may block at once.
    private const int MinThreads = 16;

    /// <summary>A service that other services of the mesh call.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args) => CreateBuilder(args, tls => (tls.ForMesh, tls.ForProbes), null, null);

    /// <summary>The gateway, which clients call on all ports.</summary>
    /// <param name="args">Settings.</param>
    /// <param name="port">Adds to each port.</param>
    /// <param name="doorPort">The port of its doors; null: that of health and metrics.</param>
    public static WebApplicationBuilder CreateGateway(string[] args, Action<ListenOptions> port, Func<IConfiguration, int?> doorPort) =>
        CreateBuilder(args, tls => (tls.ForClients, tls.ForClientsAndProbes), port, doorPort);

    private static WebApplicationBuilder CreateBuilder(
        string[] args, Func<TlsFiles, (TlsHandshakeCallbackOptions? Grpc, TlsHandshakeCallbackOptions? Http)> secure, Action<ListenOptions>? port,
        Func<IConfiguration, int?>? doorPort)
    {
        KeepThreads();
        var builder = WebApplication.CreateSlimBuilder(args);
        RenamedSettings.Refuse(builder.Configuration);
        SettingNames.RequireSections(args);
        var options = Read(builder.Configuration);
        var tls = new TlsFiles(builder.Configuration.GetSection(TlsOptions.Section).Read<TlsOptions>());
        builder.Services.AddSingleton(tls.Transport);
        foreach (var file in tls.Files)
        {
            builder.Services.AddSingleton(file);
        }
        builder.Services.AddHostedService<FileReloads>();
        var listeners = new Listeners();
        var ownPort = doorPort?.Invoke(builder.Configuration);
        builder.WebHost.ConfigureKestrel(kestrel => listeners.Use(kestrel, options, ownPort, secure(tls), port));
        builder.Services.AddSingleton(listeners);
        builder.Services.AddSingleton(Options.Create(options));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = options.MaxMessageBytes;
            grpc.MaxSendMessageSize = null;
            // Gives CallGuard the reason why a message was refused; it replaces the text before callers see it.
            grpc.EnableDetailedErrors = true;
            grpc.Interceptors.Add<LoadTrailer>();
            grpc.Interceptors.Add<ErrorInterceptor>();
            grpc.Interceptors.Add<StreamEndings>();
        });
        builder.Services.Replace(ServiceDescriptor.Singleton(typeof(IServiceMethodProvider<>), typeof(LimitedMethods<>)));
        // Suppressed: per-request lines (metrics have them) and health checks.
        builder.Logging.AddConsole(console => console.FormatterName = LogLines.FormatterName)
            .AddConsoleFormatter<LogLines, ConsoleFormatterOptions>();
        builder.LogFrom(LogLevel.Warning, "Microsoft.AspNetCore");
        builder.LogFrom(LogLevel.Warning, "Microsoft.Hosting.Lifetime");
        // Suppressed: a failed start, which RunAsync reports in one line.
        builder.LogFrom(LogLevel.Critical, "Microsoft.Extensions.Hosting.Internal.Host");
        builder.LogFrom(LogLevel.Warning, "Grpc");
        // Suppressed: messages about a channel that is being closed.
        builder.LogFrom(LogLevel.Critical, "Grpc.Net.Client.Balancer.PollingResolver");
        builder.LogFrom(LogLevel.Critical, "Grpc.Net.Client.Balancer.Subchannel");
        // Suppressed: failures that the interceptor logs, and those before it, such as an incomplete message, which are the caller's.
        builder.LogFrom(LogLevel.Critical, "Grpc.AspNetCore.Server.ServerCallHandler");
        // Suppressed: Kestrel logs Critical when a caller resets calls faster than they are answered and so loses the connection.
        builder.LogFrom(LogLevel.None, "Microsoft.AspNetCore.Server.Kestrel.Http2");
        builder.LogFrom(LogLevel.None, "Microsoft.Extensions.Diagnostics.HealthChecks");
        builder.Services.AddGrpcReflection();
        builder.Services.AddSingleton<HealthServiceImpl>();
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<StreamEndings>();
        builder.Services.AddSingleton<RequestMetrics>();
        builder.Services.AddSingleton<ServiceLoad>();
        builder.Services.AddSingleton<GrpcErrors>();
        builder.Services.AddSingleton<FailureLog>();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(builder.Environment.ApplicationName))
            .WithMetrics(metrics => metrics
                .AddMeter([Meters.Name, .. Meters.OfDotNet])
                // The scope would be three labels of every series that say what the instrument's name says.
                .AddPrometheusExporter(exporter => exporter.ScopeInfoEnabled = false));
        if (options.StopWithInput)
        {
            builder.Services.AddHostedService<ParentWatch>();
        }
        builder.Services.AddHealthChecks().AddCheck<Readiness>("ready");
        return builder;
    }

    /// <summary>
    /// Lets the pool have threads to spare. It starts as many as there are cores and adds one each half second or more where all are blocked; the
    /// writer of StackExchange.Redis blocks one for 5 s. A pod of one core would stand still until then.
    /// </summary>
    private static void KeepThreads()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, MinThreads), completions);
    }

    private static ServingOptions Read(ConfigurationManager configuration)
    {
        var options = configuration.GetSection(ServingOptions.Section).Read<ServingOptions>();
        return IPAddress.TryParse(options.Address, out _) ? options
            : throw new InvalidSettingException($"{ServingOptions.Section}:{nameof(options.Address)}", $"{options.Address} is not an IP address");
    }

    /// <summary>Runs a service. A fault of its settings or its bundle is one line on standard error and exit code 2.</summary>
    public static async Task<int> RunAsync(Func<WebApplication> create)
    {
        try
        {
            await using var app = create();
            try
            {
                await app.StartAsync();
            }
            catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // Told to stop while it was starting.
            }
            catch
            {
                // Ends what has started; its background services would be reported as failed otherwise.
                await app.StopAsync();
                throw;
            }
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception e) when (e is SocketException || e is IOException { InnerException: AddressInUseException })
        {
            // Kestrel's message names the address.
            await Console.Error.WriteLineAsync($"{ServingOptions.Section}: cannot listen: {e.Message.TrimEnd('.')}");
            return 2;
        }
        catch (Exception e) when (e is InvalidInputException or OptionsValidationException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
    }

    /// <summary>Maps gRPC health, reflection and load reports, /healthz and /metrics.</summary>
    public static void MapServing(this WebApplication app)
    {
        app.UseMiddleware<CallGuard>();
        app.MapGrpcService<HealthServiceImpl>();
        app.MapGrpcReflectionService();
        app.MapGrpcService<LoadEndpoint>();
        app.MapHealthChecks(CallHeaders.HealthPath);
        app.MapPrometheusScrapingEndpoint(CallHeaders.MetricsPath);
        var readiness = app.Services.GetRequiredService<Readiness>();
        app.Lifetime.ApplicationStopping.Register(readiness.Stopping);
        app.Lifetime.ApplicationStarted.Register(() => ServedMethods.Announce(
            app.Services.GetRequiredService<EndpointDataSource>(), readiness, app.Services.GetRequiredService<RequestMetrics>()));
        var listeners = app.Services.GetRequiredService<Listeners>();
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            var doors = listeners.DoorsHaveOwnPort ? $" doors={listeners.Doors.Authority}" : "";
            LogListening(app.Logger, listeners.Grpc.Authority, listeners.Http.Authority, doors);
            if (!listeners.Grpc.IsLoopback && listeners.Grpc.Scheme == Uri.UriSchemeHttp)
            {
                LogPlain(app.Logger);
            }
        });
        app.Lifetime.ApplicationStopping.Register(() => LogStopping(app.Logger));
    }

    // Parent processes read the ports from this line if the system chose them.
    [LoggerMessage(LogLevel.Information, "listening grpc={Grpc} http={Http}{Doors}")]
    private static partial void LogListening(ILogger logger, string grpc, string http, string doors);

    [LoggerMessage(LogLevel.Warning, "other machines can reach this service, and nothing is encrypted: see Tls:Certificate")]
    private static partial void LogPlain(ILogger logger);

    [LoggerMessage(LogLevel.Information, "stopping: new calls are refused, running calls finish")]
    private static partial void LogStopping(ILogger logger);
}
