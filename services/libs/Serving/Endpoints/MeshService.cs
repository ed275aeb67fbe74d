namespace MedMoE.Mesh.Serving.Endpoints;

public enum ServiceKind
{
    Router,
    Backbone,
    TextEncoder,
    Expert,
}

/// <summary>A service of the mesh that others call.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Expert">With <see cref="ServiceKind.Expert"/>: whose.</param>
public sealed record MeshService(ServiceKind Kind, string? Expert = null)
{
    public static MeshService Router { get; } = new(ServiceKind.Router);

    public static MeshService Backbone { get; } = new(ServiceKind.Backbone);

    public static MeshService TextEncoder { get; } = new(ServiceKind.TextEncoder);

    public static MeshService ExpertNamed(string name) => new(ServiceKind.Expert, name);

    /// <summary>Its name for people: "backbone", "expert ct".</summary>
    public override string ToString() => Kind switch
    {
        ServiceKind.Router => "router",
        ServiceKind.Backbone => "backbone",
        ServiceKind.TextEncoder => "text encoder",
        _ => $"expert {Expert}",
    };
}
