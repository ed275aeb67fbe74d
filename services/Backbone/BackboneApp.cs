using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.Backbone;

/// <summary>The service put together.</summary>
public static class BackboneApp
{
    public static WebApplication Create(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.Services.AddOptions<BackboneOptions>().BindConfiguration(BackboneOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddModel<BackboneModel>();
        var app = builder.Build();
        app.MapModel<BackboneEndpoint>();
        return app;
    }
}
