using System.Threading.Channels;
using MedMoE.Mesh.Serving.Hosting;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Backbone;

/// <summary>The service put together.</summary>
public static class BackboneApp
{
    public static WebApplication Create(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.Services.AddOptions<BackboneOptions>().BindConfiguration(BackboneOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<BackboneModel>();
        builder.Services.AddWarmUp<BackboneModel>((model, stop) => model.Batcher.Submit(
            new PyramidRequest(model.Blank(), DataType.Fp16, Channel.CreateUnbounded<PyramidLevel>().Writer), cancellation: stop));
        var app = builder.Build();
        app.MapGrpcService<BackboneEndpoint>();
        app.MapServing();
        // Loaded now, so that what is wrong with the bundle is told before the host starts, and by itself.
        app.Services.GetRequiredService<BackboneModel>();
        return app;
    }
}
