namespace MedMoE.Mesh.Local.Control;

/// <summary>Asks a mesh to run a candidate.</summary>
/// <param name="Bundle">The folder of its bundle, from the root.</param>
/// <param name="Weight">Percentage of the calls.</param>
/// <param name="Shadow">Whether it gets copies of calls.</param>
internal sealed record DeployRequest(string Bundle, double Weight, bool Shadow);
