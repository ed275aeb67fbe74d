using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.Backbone;

/// <summary>The service put together.</summary>
public static class BackboneApp
{
    public static WebApplication Create(string[] args) =>
        ServedModel.Create<BackboneOptions, BackboneModel, BackboneEndpoint>(args, BackboneOptions.Section);
}
