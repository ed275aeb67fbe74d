using MedMoE.Mesh.Local.Plan;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>A folder as that of a running mesh, wherever a test wants it.</summary>
internal sealed class FolderOfEndpoints(string path) : IEndpointsFolder
{
    public string EndpointsFile => Path.Combine(path, "endpoints.json");

    public string EndpointsOf(int version) => Path.Combine(path, FormattableString.Invariant($"version-{version}.json"));
}
