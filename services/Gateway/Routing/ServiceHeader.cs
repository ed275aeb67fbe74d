using MedMoE.Mesh.Serving.Endpoints;

namespace MedMoE.Mesh.Gateway.Routing;

/// <summary>The request header that says which of several services with the same rpcs a call is for.</summary>
internal static class ServiceHeader
{
    public const string Name = "medmoe-service";

    /// <summary>"backbone", "text-encoder" or "experts/NAME".</summary>
    public static string ValueOf(MeshService service) => service.Kind switch
    {
        ServiceKind.Router => "router",
        ServiceKind.Backbone => "backbone",
        ServiceKind.TextEncoder => "text-encoder",
        _ => $"experts/{service.Expert}",
    };
}
