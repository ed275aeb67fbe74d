using Google.Protobuf.Reflection;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Wire.Catalog;

/// <summary>What a caller may do.</summary>
[Flags]
public enum Rights
{
    None = 0,

    /// <summary>Ask what there is: models, experts, reflection.</summary>
    Read = 1,

    /// <summary>The router's methods: analyse images and reports.</summary>
    Infer = 2,

    /// <summary>Backbone, text encoder and experts by name.</summary>
    Direct = 4,

    /// <summary>Change the mesh.</summary>
    Operate = 8,

    All = Read | Infer | Direct | Operate,
}

public static class MethodRights
{
    /// <summary>The right that a method of <see cref="ServiceCatalog.Contracts"/> needs.</summary>
    public static Rights Needed(MethodDescriptor method) =>
        method.Service == ModelService.Descriptor || method.Name == nameof(RouterService.RouterServiceClient.ListExperts) ? Rights.Read
        : method.Service == RouterService.Descriptor ? Rights.Infer
        : method.Service == GRPCInferenceService.Descriptor ? OpenInferenceRight(method)
        : ServiceCatalog.Contracts.Contains(method.Service) ? Rights.Direct
        // Reflection and load reports, which are not of the mesh.
        : Rights.Read;

    private static Rights OpenInferenceRight(MethodDescriptor method) => method.Name switch
    {
        nameof(GRPCInferenceService.GRPCInferenceServiceClient.ModelInfer) or nameof(GRPCInferenceService.GRPCInferenceServiceClient.ModelStreamInfer)
            => Rights.Infer,
        // Health of the models: any known caller.
        nameof(GRPCInferenceService.GRPCInferenceServiceClient.ServerLive) or nameof(GRPCInferenceService.GRPCInferenceServiceClient.ServerReady)
            or nameof(GRPCInferenceService.GRPCInferenceServiceClient.ModelReady) => Rights.None,
        _ => Rights.Read,
    };
}
