using System.Globalization;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>The files in the folder of a mesh that tell services the addresses of others.</summary>
internal sealed record EndpointFiles(string Folder)
{
    private const string Versions = "version-";

    /// <summary>The gateway's, with all versions.</summary>
    public string Gateway => Path.Combine(Folder, "endpoints.json");

    /// <summary>That of a version's router.</summary>
    public string RouterOf(int version) => Path.Combine(Folder, $"{Versions}{version.ToString(CultureInfo.InvariantCulture)}.json");

    /// <summary>Deletes what a mesh before has left.</summary>
    public void Delete()
    {
        File.Delete(Gateway);
        Array.ForEach(Directory.GetFiles(Folder, $"{Versions}*"), File.Delete);
    }
}
