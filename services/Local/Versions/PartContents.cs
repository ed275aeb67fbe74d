using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Local.Versions;

/// <summary>What the services of a bundle read of it, to be compared with those of another bundle.</summary>
internal sealed record PartContents(IReadOnlyDictionary<MeshService, string> Digests)
{
    /// <summary>Reads all files of a bundle: a gigabyte takes a second or two.</summary>
    /// <exception cref="BundleException">A folder of the bundle is missing.</exception>
    public static PartContents Of(ModelBundle bundle) => new(ServiceCatalog.Services(bundle.Manifest)
        .Where(service => service.Part is not null)
        .ToDictionary(service => service, service => PartContent.Of(bundle, service.Part!)));

    /// <summary>Whether the service gives the same answers with either bundle. Of one that reads no bundle it does.</summary>
    public bool HasEqual(MeshService service, PartContents other) =>
        Digests.GetValueOrDefault(service) == other.Digests.GetValueOrDefault(service);

    /// <summary>The services that differ, or that only one has.</summary>
    public IReadOnlyList<MeshService> Differing(PartContents other) =>
        [.. Digests.Keys.Union(other.Digests.Keys).Where(service => !HasEqual(service, other))];
}
