using Grpc.Reflection;
using MedMoE.Mesh.Gateway.Access;
using MedMoE.Mesh.Gateway.Audit;
using MedMoE.Mesh.Gateway.Calls;
using MedMoE.Mesh.Gateway.Doors;
using MedMoE.Mesh.Gateway.Doors.Embeddings;
using MedMoE.Mesh.Gateway.Doors.Json;
using MedMoE.Mesh.Gateway.Doors.OpenApi;
using MedMoE.Mesh.Gateway.Doors.OpenInference;
using MedMoE.Mesh.Gateway.Doors.Web;
using MedMoE.Mesh.Gateway.Limits;
using MedMoE.Mesh.Gateway.Replicas;
using MedMoE.Mesh.Gateway.Routing;
using MedMoE.Mesh.Gateway.Settings;
using MedMoE.Mesh.Gateway.Versions;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Load;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Serving.Telemetry;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace MedMoE.Mesh.Gateway;

public static partial class GatewayApp
{
    public static WebApplication Create(string[] args)
    {
        var builder = ServiceHost.CreateGateway(
            args, port => port.UseConnectionAge(), configuration => configuration.GetSection(GatewayOptions.Section).Read<GatewayOptions>().DoorPort);
        builder.AddEndpoints();
        builder.Services.AddSection<GatewayOptions>(GatewayOptions.Section);
        builder.AddProxy();
        builder.AddLimits();
        builder.AddAccess();
        builder.AddAudit();
        builder.AddWebCallers();
        builder.Services.AddSingleton<IDoor, JsonDoor>().AddSingleton<IDoor, InferenceDoor>().AddSingleton<IDoor, EmbeddingsDoor>();
        builder.Services.AddHostedService<ReplicaHealth>();
        builder.Services.AddSingleton<VersionMetrics>().AddSingleton<ShadowRoom>();
        // These replace the default registrations, which describe only the process's own services.
        builder.Services.AddSingleton(new ReflectionServiceImpl(MeshContract.Reflected));
        builder.Services.AddSingleton(new ReflectionV1ServiceImpl(MeshContract.Reflected));

        var app = builder.Build();
        app.UseTrustedProxies();
        app.UseDoors();
        // Here, because a request at a door becomes a call of another path.
        app.UseRouting();
        app.MapServing();
        // Opened now, so that an error is reported before the host starts.
        app.Services.GetRequiredService<AuditLog>();
        app.UseMiddleware<AuditedCalls>();
        app.UseMiddleware<AccessCheck>();
        app.UseMiddleware<RequestChecks>();
        app.MapMissingHeader();
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<FailingCalls>();
            proxy.UseMiddleware<ProxiedCalls>();
            proxy.UseMiddleware<VersionedCalls>();
            if (app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.CallsPerSecond > 0
                || app.Services.GetRequiredService<IOptions<AccessOptions>>().Value.IsOn)
            {
                proxy.UseRateLimiter();
            }
            proxy.UseMiddleware<LimitedCalls>();
            proxy.UseMiddleware<ShadowCalls>();
            proxy.UseMiddleware<SentAnswers>();
            proxy.UseMiddleware<OtherReplica>();
            proxy.UseMiddleware<BalancedCalls>();
            proxy.UsePassiveHealthChecks();
        });
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            var metrics = app.Services.GetRequiredService<RequestMetrics>();
            foreach (var method in ServiceCatalog.Contracts.SelectMany(contract => contract.Methods))
            {
                metrics.Serves(MeshContract.PathOf(method));
            }
            app.Services.GetRequiredService<Readiness>().WarmedUp();
            app.Services.GetRequiredService<ServiceLoad>().CountCalls(app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.MaxCalls);
            if (!app.Services.GetRequiredService<Listeners>().Grpc.IsLoopback
                && !app.Services.GetRequiredService<IOptions<AccessOptions>>().Value.IsOn)
            {
                LogOpen(app.Logger);
            }
        });
        return app;
    }

    [LoggerMessage(LogLevel.Warning, "everybody who reaches this gateway may do everything: see Access:Callers")]
    private static partial void LogOpen(ILogger logger);

    /// <summary>What comes over HTTP/1.1.</summary>
    private static void UseDoors(this WebApplication app) => app.UseWhen(context => !HttpProtocol.IsHttp2(context.Request.Protocol), http =>
    {
        http.UseMiddleware<DoorPort>();
        http.UseWebCallers();
        http.UseApiDescription();
        http.UseGrpcWebCalls();
        http.UseMiddleware<DoorRequests>();
    });

    private static void AddLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddRateLimiter(_ => { });
        builder.Services.ConfigureOptions<CallRate>();
        builder.Services.AddSingleton<RequestBytes>().AddSingleton<CallLimits>().AddHostedService<CallSweep>();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>((kestrel, gateway) =>
        {
            // One connection must allow MaxCalls running calls and as many refused ones: Kestrel closes it when twice this number are reset within 5
            // s.
            kestrel.Limits.Http2.MaxStreamsPerConnection = Math.Max(100, 2 * gateway.Value.MaxCalls);
            // Bytes that a stream may send ahead of its reader. At 30 ms to the client this allows 17 MB/s.
            kestrel.Limits.Http2.InitialStreamWindowSize = 512 << 10;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 8 << 20;
        });
    }

    private static void AddProxy(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<MeshRoutes>();
        builder.Services.AddSingleton<IProxyConfigProvider, MeshProxyConfig>();
        builder.Services.AddSingleton<IDestinationResolver, ReplicaResolver>();
        builder.Services.AddSingleton<IPassiveHealthCheckPolicy, ReachPolicy>();
        builder.Services.AddSingleton<IForwarderHttpClientFactory, ReplicaConnections>();
        builder.Services.AddReverseProxy().AddOtherReplica().AddLoadReports().AddEarlyHeaders().AddAnsweredRequests().AddCutStreams().AddAudit();
        // YARP registers keys for cookies, which are not used here, and would write them to disk.
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.LogFrom(LogLevel.Warning, "Yarp");
        // These log every failed probe and call. A replica that becomes unhealthy and a service without replicas are logged once elsewhere.
        builder.LogFrom(LogLevel.Error, "Yarp.ReverseProxy.Health.ActiveHealthCheckMonitor");
        builder.LogFrom(LogLevel.Error, "Yarp.ReverseProxy.LoadBalancing");
        builder.LogFrom(LogLevel.Error, "Yarp.ReverseProxy.Forwarder");
        builder.LogFrom(LogLevel.Error, "Microsoft.AspNetCore.DataProtection");
    }
}
