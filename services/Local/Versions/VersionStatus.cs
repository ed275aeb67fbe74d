namespace MedMoE.Mesh.Local.Versions;

/// <summary>A version of the model in a mesh, for people.</summary>
/// <param name="Name">"name/version" of its bundle.</param>
/// <param name="Role">"serves", "candidate", "shadow", or "previous": it runs no more, and <c>mesh rollback</c> starts it again.</param>
/// <param name="Weight">Percentage of the calls.</param>
/// <param name="Bundle">The folder of its bundle.</param>
/// <param name="Own">The services that only it has.</param>
internal sealed record VersionStatus(string Name, string Role, double Weight, string Bundle, IReadOnlyList<string> Own);
