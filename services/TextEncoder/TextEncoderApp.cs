using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.TextEncoder;

/// <summary>The service put together.</summary>
public static class TextEncoderApp
{
    public static WebApplication Create(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.Services.AddOptions<TextEncoderOptions>().BindConfiguration(TextEncoderOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddModel<TextModel>();
        var app = builder.Build();
        app.MapModel<TextEncoderEndpoint>();
        return app;
    }
}
