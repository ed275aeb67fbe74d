namespace MedMoE.Mesh.Wire.Catalog;

/// <summary>A service of a mesh.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Expert">With a kind that has one service for each expert: whose.</param>
public sealed record MeshService(ServiceKind Kind, string? Expert = null)
{
    public static MeshService Router { get; } = new(ServiceCatalog.Router);

    public static MeshService Backbone { get; } = new(ServiceCatalog.Backbone);

    public static MeshService TextEncoder { get; } = new(ServiceCatalog.TextEncoder);

    /// <summary>Its name in settings, in Kubernetes and before its log lines: "text-encoder", "expert-ct".</summary>
    public string Name => Expert is null ? Kind.Name : $"{Kind.Name}-{Expert}";

    /// <summary>The part of a bundle that it reads, or null.</summary>
    public BundlePart? Part => Kind.Part?.Invoke(Expert);

    public static MeshService ExpertNamed(string name) => new(ServiceCatalog.Expert, name);

    /// <summary>The service with this <see cref="Name"/>, or null.</summary>
    public static MeshService? Find(string name) =>
        ServiceCatalog.All.FirstOrDefault(kind => !kind.IsPerExpert && kind.Name == name) is { } kind ? new MeshService(kind)
        : ServiceCatalog.All.FirstOrDefault(kind => kind.IsPerExpert && name.StartsWith(kind.Name + "-", StringComparison.Ordinal)) is { } perExpert
            ? new MeshService(perExpert, name[(perExpert.Name.Length + 1)..])
        : null;

    /// <summary>Its name for people: "text encoder", "expert ct".</summary>
    public override string ToString() => Expert is null ? Kind.Name.Replace('-', ' ') : $"{Kind.Name} {Expert}";
}
