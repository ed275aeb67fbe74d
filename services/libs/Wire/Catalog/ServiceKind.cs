using Google.Protobuf.Reflection;

namespace MedMoE.Mesh.Wire.Catalog;

/// <summary>A kind of service: an entry of <see cref="ServiceCatalog"/>.</summary>
/// <param name="Name">Names its processes, its endpoint and its Kubernetes objects; followed by "-NAME" where there is one for each expert.</param>
/// <param name="Project">The project of its executable.</param>
/// <param name="Contracts">The proto services that it answers; none for the gateway, which forwards those of all others.</param>
public sealed record ServiceKind(string Name, string Project, params IReadOnlyList<ServiceDescriptor> Contracts)
{
    /// <summary>The part of a bundle that it reads, by the expert's name where there is one for each expert. Null where it reads none.</summary>
    public Func<string?, BundlePart>? Part { get; init; }

    /// <summary>Whether other services call it.</summary>
    public bool IsCalled => Contracts.Count > 0;

    /// <summary>Whether it runs that part as a network, on a device; then it answers ModelService, too.</summary>
    public bool RunsNetwork { get; init; }

    /// <summary>
    /// Whether there is one service of the kind for each expert of the bundle, which learns its name from the setting PROJECT:Name.
    /// </summary>
    public bool IsPerExpert { get; init; }

    /// <summary>Callers stop before those they call: 0 stops first.</summary>
    public int StopsAt { get; init; }
}
