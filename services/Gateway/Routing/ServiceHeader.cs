using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>The request header that selects one of several services with the same contract.</summary>
internal static class ServiceHeader
{
    public const string Name = "medmoe-service";

    /// <summary>"backbone", "text-encoder" or "experts/NAME".</summary>
    public static string ValueOf(MeshService service) => service.Expert is null ? service.Name : $"{service.Kind.Name}s/{service.Expert}";
}
