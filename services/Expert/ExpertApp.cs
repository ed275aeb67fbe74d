using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.Expert;

/// <summary>The service put together.</summary>
public static class ExpertApp
{
    public static WebApplication Create(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.Services.AddOptions<ExpertOptions>().BindConfiguration(ExpertOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddModel<ExpertModel>();
        var app = builder.Build();
        app.MapModel<ExpertEndpoint>();
        return app;
    }
}
