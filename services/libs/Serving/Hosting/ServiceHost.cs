using System.ComponentModel.DataAnnotations;
using System.Net;
using Grpc.HealthCheck;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Serving.Errors;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace MedMoE.Mesh.Serving.Hosting;

/// <summary>What every service does alike: two ports, message limits, errors, health, reflection, metrics, a quiet end.</summary>
public static partial class ServiceHost
{
    /// <summary>A service's builder.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="grpcPort">What else the service has on its port of gRPC; null for nothing.</param>
    public static WebApplicationBuilder CreateBuilder(string[] args, Action<ListenOptions>? grpcPort = null)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        RenamedSettings.Refuse(builder.Configuration);
        var options = Read(builder.Configuration);
        var listeners = new Listeners();
        builder.WebHost.ConfigureKestrel(kestrel => listeners.Use(kestrel, options, grpcPort));
        builder.Services.AddSingleton(listeners);
        builder.Services.AddSingleton(Options.Create(options));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = options.MaxMessageBytes;
            grpc.MaxSendMessageSize = null;
            // Tells CallGuard what was wrong with a message; callers get its words instead.
            grpc.EnableDetailedErrors = true;
            grpc.Interceptors.Add<ErrorInterceptor>();
            grpc.Interceptors.Add<StreamEndings>();
        });
        // A line per request is what metrics are for; health tells of itself.
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        // Complain of what happens to a channel while it is being closed.
        builder.Logging.AddFilter("Grpc.Net.Client.Balancer.PollingResolver", LogLevel.Critical);
        builder.Logging.AddFilter("Grpc.Net.Client.Balancer.Subchannel", LogLevel.Critical);
        // What fails is told by the interceptor; what never reaches it, such as a message that broke off, is the caller's.
        builder.Logging.AddFilter("Grpc.AspNetCore.Server.ServerCallHandler", LogLevel.Critical);
        // A caller who resets his calls faster than they are answered, which ends his connection, is Critical to Kestrel.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Http2", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.Services.AddGrpcReflection();
        builder.Services.AddSingleton<HealthServiceImpl>();
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<StreamEndings>();
        builder.Services.AddSingleton<RequestMetrics>();
        builder.Services.AddSingleton<GrpcErrors>();
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(builder.Environment.ApplicationName))
            .WithMetrics(metrics => metrics.AddMeter(Meters.Name).AddPrometheusExporter());
        if (options.StopWithInput)
        {
            builder.Services.AddHostedService<ParentWatch>();
        }
        builder.Services.AddHealthChecks().AddCheck<Readiness>("ready");
        return builder;
    }

    /// <summary>Read before there is a host to validate them, for Kestrel is set up by them.</summary>
    private static ServingOptions Read(ConfigurationManager configuration)
    {
        ServingOptions options;
        try
        {
            options = configuration.GetSection(ServingOptions.Section).Get<ServingOptions>() ?? new ServingOptions();
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidSettingException(ServingOptions.Section, e.Message);
        }
        var faults = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true)
            ? IPAddress.TryParse(options.Address, out _)
                ? options
                : throw new InvalidSettingException(ServingOptions.Section, $"Address {options.Address} is no IP address")
            : throw new InvalidSettingException(ServingOptions.Section, string.Join(" ", faults.Select(f => f.ErrorMessage)));
    }

    /// <summary>Runs a service. What is wrong with its settings or its bundle is one line on standard error and exit code 2.</summary>
    public static async Task<int> RunAsync(Func<WebApplication> create)
    {
        try
        {
            await using var app = create();
            await app.RunAsync();
            return 0;
        }
        catch (Exception e) when (e is InvalidInputException or OptionsValidationException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
    }

    /// <summary>Maps what every service has: gRPC health and reflection, /healthz and /metrics.</summary>
    public static void MapServing(this WebApplication app)
    {
        app.UseMiddleware<CallGuard>();
        app.MapGrpcService<HealthServiceImpl>();
        app.MapGrpcReflectionService();
        app.MapHealthChecks(CallHeaders.HealthPath);
        app.MapPrometheusScrapingEndpoint(CallHeaders.MetricsPath);
        var readiness = app.Services.GetRequiredService<Readiness>();
        app.Lifetime.ApplicationStopping.Register(readiness.Stopping);
        app.Lifetime.ApplicationStarted.Register(() => ServedMethods.Announce(
            app.Services.GetRequiredService<EndpointDataSource>(), readiness, app.Services.GetRequiredService<RequestMetrics>()));
        var listeners = app.Services.GetRequiredService<Listeners>();
        app.Lifetime.ApplicationStarted.Register(() => LogListening(app.Logger, listeners.Grpc.Authority, listeners.Http.Authority));
        app.Lifetime.ApplicationStopping.Register(() => LogStopping(app.Logger));
    }

    // What starts a service on ports of the system's choice reads them from this line.
    [LoggerMessage(LogLevel.Information, "listening grpc={Grpc} http={Http}")]
    private static partial void LogListening(ILogger logger, string grpc, string http);

    [LoggerMessage(LogLevel.Information, "stopping: no new calls, running ones finish")]
    private static partial void LogStopping(ILogger logger);
}
