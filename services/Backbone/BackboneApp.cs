using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.Backbone;

public static class BackboneApp
{
    public static WebApplication Create(string[] args) =>
        ServedModel.Create<BackboneOptions, BackboneModel, BackboneEndpoint>(args, BackboneOptions.Section);
}
