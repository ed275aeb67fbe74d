using MedMoE.Mesh.Router.OpenInference.Models;
using MedMoE.Mesh.Router.OpenInference.Statistics;

namespace MedMoE.Mesh.Router.OpenInference;

internal static class OpenInferenceRegistration
{
    public static IServiceCollection AddOpenInference(this IServiceCollection services) => services
        .AddSingleton<ModelList>()
        .AddSingleton<ServerStatistics>()
        .AddSingleton<Infer>()
        .AddSingleton<InferStream>();
}
