using Google.Protobuf.Reflection;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Wire.Catalog;

/// <summary>
/// The services of the mesh. Endpoints, routes, reflection, the processes of <c>mesh up</c> and the methods of <c>mesh load</c> are made from this
/// list: a new service is one entry.
/// </summary>
public static class ServiceCatalog
{
    public static ServiceKind Backbone { get; } =
        new("backbone", "Backbone", BackboneService.Descriptor) { Part = _ => BundlePart.Backbone, RunsNetwork = true, StopsAt = 2 };

    public static ServiceKind TextEncoder { get; } =
        new("text-encoder", "TextEncoder", TextEncoderService.Descriptor) { Part = _ => BundlePart.Text, RunsNetwork = true, StopsAt = 2 };

    public static ServiceKind Expert { get; } =
        new("expert", "Expert", ExpertService.Descriptor)
        {
            Part = expert => BundlePart.Expert(expert!),
            RunsNetwork = true,
            IsPerExpert = true,
            StopsAt = 2,
        };

    public static ServiceKind Router { get; } =
        new("router", "Router", RouterService.Descriptor, GRPCInferenceService.Descriptor) { Part = _ => BundlePart.Gate, StopsAt = 1 };

    public static ServiceKind Gateway { get; } = new("gateway", "Gateway");

    /// <summary>All of them, in the order in which they are started and listed.</summary>
    public static IReadOnlyList<ServiceKind> All { get; } = [Backbone, TextEncoder, Expert, Router, Gateway];

    /// <summary>The rpcs of the mesh, those that every service with a network answers included.</summary>
    public static IReadOnlyList<ServiceDescriptor> Contracts { get; } = [.. All.SelectMany(kind => kind.Contracts), ModelService.Descriptor];

    /// <summary>The services that a bundle has the parts for, in the order of <see cref="All"/>.</summary>
    public static IEnumerable<MeshService> Services(BundleManifest manifest) =>
        Services(manifest.Experts.Select(expert => expert.Name)).Where(service => service.Part is null || manifest.Parts.Contains(service.Part));

    /// <summary>Every service of a mesh with these experts, in the order of <see cref="All"/>.</summary>
    public static IEnumerable<MeshService> Services(IEnumerable<string> experts) =>
        All.SelectMany(kind => kind.IsPerExpert ? experts.Select(expert => new MeshService(kind, expert)) : [new MeshService(kind)]);
}
