using Grpc.AspNetCore.Server;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Answers;
using MedMoE.Mesh.Router.Calls;
using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.Limits;
using MedMoE.Mesh.Router.Models;
using MedMoE.Mesh.Router.OpenInference;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Load;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace MedMoE.Mesh.Router;

public static class RouterApp
{
    public static WebApplication Create(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.AddEndpoints();
        builder.Services
            .AddSection<ModelOptions>(ModelOptions.Section)
            .AddSection<RouterOptions>(RouterOptions.Section)
            .AddSection<CacheOptions>(CacheOptions.Section)
            .AddSingleton(_ => Meters.Create())
            .AddSingleton<CacheMetrics>()
            .AddSingleton<FeatureCache>()
            .AddSingleton<MeshChannels>()
            .AddSingleton<HeldBytes>()
            .AddSingleton<KnownModels>()
            .AddSingleton<TextSource>()
            .AddSingleton<PyramidSource>()
            .AddSingleton<ExpertMetrics>()
            .AddSingleton<WakingExperts>()
            .AddSingleton<AnswerSource>()
            .AddSingleton<RouterGate>()
            .AddSingleton<Analyze>()
            .AddSingleton<AnalyzeStream>()
            .AddSingleton<Classify>()
            .AddSingleton<EmbedImage>()
            .AddSingleton<EmbedText>()
            .AddSingleton<ListExperts>()
            .AddOpenInference();
        builder.Services.Configure<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<AnswerBytes>());
        builder.Services.Configure<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<AuditNotes.Collector>());
        // Limits the bytes buffered for a message that waits for capacity. Streams from the backbone have larger windows, because the router opens
        // that connection.
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.Http2.InitialStreamWindowSize = 512 << 10);
        var app = builder.Build();
        app.MapServing();
        app.UseMiddleware<VersionCheck>();
        app.UseMiddleware<RequestBytes>();
        app.MapGrpcService<RouterEndpoint>();
        app.MapGrpcService<OpenInferenceEndpoint>();
        // Load the bundle now, so that its errors are reported before the host starts.
        app.Services.GetRequiredService<RouterGate>();
        // Create the metrics now, so that they report zeros before the first request.
        app.Services.GetRequiredService<ExpertMetrics>();
        app.Lifetime.ApplicationStarted.Register(() => _ = app.Services.GetRequiredService<FeatureCache>().Connect());
        app.Services.GetRequiredService<ServiceLoad>().CountCalls(app.Services.GetRequiredService<IOptions<RouterOptions>>().Value.MaxExtractions);
        app.Services.GetRequiredService<Readiness>().WarmedUp();
        return app;
    }
}
