using Grpc.AspNetCore.Server;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Answers;
using MedMoE.Mesh.Router.Calls;
using MedMoE.Mesh.Router.Gating;
using MedMoE.Mesh.Router.Limits;
using MedMoE.Mesh.Router.Models;
using MedMoE.Mesh.Router.Pyramids;
using MedMoE.Mesh.Router.Settings;
using MedMoE.Mesh.Router.Texts;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.Serving.Telemetry;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MedMoE.Mesh.Router;

/// <summary>The service put together.</summary>
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
            .AddSingleton(TimeProvider.System)
            .AddSingleton(_ => Meters.Create())
            .AddSingleton<CacheMetrics>()
            .AddSingleton<FeatureCache>()
            .AddSingleton<MeshChannels>()
            .AddSingleton<HeldBytes>()
            .AddSingleton<KnownModels>()
            .AddSingleton<TextSource>()
            .AddSingleton<PyramidSource>()
            .AddSingleton<ExpertMetrics>()
            .AddSingleton<AnswerSource>()
            .AddSingleton<RouterGate>()
            .AddSingleton<Analyze>()
            .AddSingleton<AnalyzeStream>()
            .AddSingleton<Classify>()
            .AddSingleton<EmbedImage>()
            .AddSingleton<EmbedText>()
            .AddSingleton<ListExperts>();
        builder.Services.Configure<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<AnswerBytes>());
        // What comes before there is room for it: a stream of the backbone's has larger windows, and comes on a connection that the router opens.
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.Http2.InitialStreamWindowSize = 512 << 10);
        var app = builder.Build();
        app.MapServing();
        app.UseMiddleware<RequestBytes>();
        app.MapGrpcService<RouterEndpoint>();
        // Read now, so that what is wrong with the bundle is told before the host starts, and by itself.
        app.Services.GetRequiredService<RouterGate>();
        // Told from the start, before there is a request.
        app.Services.GetRequiredService<ExpertMetrics>();
        app.Services.GetRequiredService<Readiness>().WarmedUp();
        return app;
    }
}
