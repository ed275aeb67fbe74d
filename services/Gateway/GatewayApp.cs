using Grpc.Reflection;
using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Gateway.Limits;
using MedMoE.Mesh.Gateway.Routing;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Hosting;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace MedMoE.Mesh.Gateway;

/// <summary>The service put together.</summary>
public static class GatewayApp
{
    private const int ClientWindow = 64 << 20;

    public static WebApplication Create(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.AddEndpoints();
        builder.Services.AddOptions<GatewayOptions>().BindConfiguration(GatewayOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.AddProxy();
        builder.Services.AddRateLimiter(_ => { });
        builder.Services.ConfigureOptions<CallLimits>();
        // One client's connection must hold as many calls as may run, and those that are then refused.
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>(
            (kestrel, gateway) =>
            {
                kestrel.Limits.Http2.MaxStreamsPerConnection = Math.Max(100, 2 * gateway.Value.MostCalls);
                // A client's connection is its own. One that does not read what it asked for loses it: its calls would hold places.
                kestrel.Limits.Http2.InitialConnectionWindowSize = ClientWindow;
                kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
            });
        // These take the place of those that tell of the process's own services.
        builder.Services.AddSingleton(new ReflectionServiceImpl(MeshContract.Reflected));
        builder.Services.AddSingleton(new ReflectionV1ServiceImpl(MeshContract.Reflected));

        var app = builder.Build();
        app.MapServing();
        app.UseMiddleware<RequestChecks>();
        app.MapMissingHeader();
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<ProxiedCalls>();
            proxy.UseMiddleware<MessageSize>();
            proxy.UseRateLimiter();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
        app.Lifetime.ApplicationStarted.Register(app.Services.GetRequiredService<Readiness>().WarmedUp);
        return app;
    }

    private static void AddProxy(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<MeshRoutes>();
        builder.Services.AddSingleton<IProxyConfigProvider, MeshProxyConfig>();
        builder.Services.AddSingleton<IDestinationResolver, ReplicaResolver>();
        builder.Services.AddSingleton<IPassiveHealthCheckPolicy, ReachPolicy>();
        builder.Services.AddSingleton<IForwarderHttpClientFactory, ReplicaConnections>();
        builder.Services.AddReverseProxy().AddEarlyHeaders().AddAnsweredRequests();
        // YARP brings keys for cookies that nothing here uses, and would write them to disk.
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Logging.AddFilter("Yarp", LogLevel.Warning);
        // What these tell of every failed probe and call is told elsewhere once: a replica became unwell, a service has none.
        builder.Logging.AddFilter("Yarp.ReverseProxy.Health.ActiveHealthCheckMonitor", LogLevel.Error);
        builder.Logging.AddFilter("Yarp.ReverseProxy.LoadBalancing", LogLevel.Error);
        builder.Logging.AddFilter("Yarp.ReverseProxy.Forwarder", LogLevel.Error);
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
    }
}
