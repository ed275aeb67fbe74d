using System.CommandLine;

namespace MedMoE.Mesh.Local;

internal static class NameOption
{
    public static Option<string> Create() =>
        new("--name") { Description = "Name of the mesh, needed only if several run.", DefaultValueFactory = _ => "mesh" };
}
