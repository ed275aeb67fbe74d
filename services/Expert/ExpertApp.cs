using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.Expert;

public static class ExpertApp
{
    public static WebApplication Create(string[] args) => ServedModel.Create<ExpertOptions, ExpertModel, ExpertEndpoint>(args, ExpertOptions.Section);
}
