using System.Text.Json;
using System.Xml.Linq;

namespace MedMoE.Mesh.Architecture.Tests;

/// <summary>A project below services/.</summary>
/// <param name="Name">Its name: "Router".</param>
/// <param name="Folder">Its folder below services/: "libs/Wire".</param>
/// <param name="Uses">Names of its project references, in order, without those that it only starts.</param>
internal sealed record SourceProject(string Name, string Folder, IReadOnlyList<string> Uses)
{
    public static IReadOnlyList<SourceProject> All { get; } =
    [
        .. Directory.EnumerateFiles(Services, "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => new SourceProject(
            Path.GetFileNameWithoutExtension(file),
            Path.GetRelativePath(Services, Path.GetDirectoryName(file)!),
            [
                .. XDocument.Load(file).Descendants("ProjectReference")
                    .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
                    .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!))
                    .Order(StringComparer.Ordinal),
            ])),
    ];

    private static string Services => Path.Combine(Golden.Repository, "services");

    public string Location => Path.Combine(Services, Folder);

    public string Namespace => $"MedMoE.Mesh.{Name}";

    /// <summary>Its source files.</summary>
    public IEnumerable<string> Files => Directory.EnumerateFiles(Location, "*.cs", SearchOption.AllDirectories);

    /// <summary>Namespaces that its project file has all of its files use.</summary>
    public IEnumerable<string> Usings => XDocument.Load(Path.Combine(Location, $"{Name}.csproj")).Descendants("Using")
        .Select(directive => (string)directive.Attribute("Include")!);

    /// <summary>The packages that its assembly loads; null for a library.</summary>
    public IReadOnlyList<string>? Loads
    {
        get
        {
            // artifacts/bin/PROJECT/CONFIGURATION/
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            var output = Path.Combine(here.Parent!.Parent!.FullName, Name, here.Name);
            if (!File.Exists(Path.Combine(output, $"MedMoE.Mesh.{Name}.runtimeconfig.json")))
            {
                return null;
            }
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(output, $"MedMoE.Mesh.{Name}.deps.json")));
            return [.. json.RootElement.GetProperty("libraries").EnumerateObject().Select(library => library.Name)];
        }
    }
}
