using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.TextEncoder;

/// <summary>The service put together.</summary>
public static class TextEncoderApp
{
    public static WebApplication Create(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.Services.AddOptions<TextEncoderOptions>().BindConfiguration(TextEncoderOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<TextModel>();
        builder.Services.AddWarmUp<TextModel>((model, stop) => model.Batcher.Submit(model.Tokenize("warm up"), cancellation: stop));
        var app = builder.Build();
        app.MapGrpcService<TextEncoderEndpoint>();
        app.MapServing();
        // Loaded now, so that what is wrong with the bundle is told before the host starts, and by itself.
        app.Services.GetRequiredService<TextModel>();
        return app;
    }
}
