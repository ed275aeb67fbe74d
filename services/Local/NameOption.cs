using System.CommandLine;

namespace MedMoE.Mesh.Local;

/// <summary>Which of the user's meshes.</summary>
internal static class NameOption
{
    public static Option<string> Create() =>
        new("--name") { Description = "Name of the mesh, where several run.", DefaultValueFactory = _ => "mesh" };
}
