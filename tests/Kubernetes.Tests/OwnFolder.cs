using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>
/// The folder of a reader who follows "A cluster of your own": a copy of the repository's k8s folder, and beside it an overlay of the page.
/// </summary>
internal sealed class OwnFolder : IDisposable
{
    public const string Section = "A cluster of your own";
    private const string Clone = "../MedMoE.Mesh/k8s";
    private const string Scaling = "scaling/fixed";

    private readonly TemporaryFolder _folder = new();

    private OwnFolder() { }

    /// <summary>What the page's overlay has behind a "#".</summary>
    public static IReadOnlyList<string> Options { get; } =
        [.. Page.Section(Section).Split('\n').Where(line => line.StartsWith("# - ", StringComparison.Ordinal))
            .Select(line => line["# - ".Length..].Replace($"{Clone}/", "", StringComparison.Ordinal))];

    private string Kustomization => _folder["own", "kustomization.yaml"];

    /// <summary>Follows the page.</summary>
    /// <param name="options">Lines whose "#" is removed, or another folder of scaling.</param>
    public static async Task<OwnFolder> Make(params string[] options)
    {
        await Overlay.RequireKubectl();
        var own = new OwnFolder();
        Directory.CreateDirectory(own._folder["MedMoE.Mesh", "k8s"]);
        Assert.True(await Tool.Succeeds(Overlay.Folder, ["cp", "-r", ".", own._folder["MedMoE.Mesh", "k8s"]]));
        PutMesh(own._folder["MedMoE.Mesh", "mesh"]);
        foreach (var section in (string[])[Section, "GPUs", "The bundle", "Versions", "Certificates and keys", "Clusters that differ"])
        {
            Page.Write(section, own._folder["own"], "own", options);
        }
        foreach (var command in Page.Commands("### 5. Secrets"))
        {
            (await Tool.Command(own._folder.Path, ["bash", "-c", command])).AssertSucceeded();
        }
        // An option that is no line of the list is a later step of another one.
        foreach (var option in options.Where(o => Options.Contains(o) || o.StartsWith("scaling/", StringComparison.Ordinal)))
        {
            own.Choose(option);
        }
        return own;
    }

    /// <summary>Puts a program in the place of the script, which would build the tool first.</summary>
    public static void PutMesh(string path)
    {
        File.WriteAllText(path, $"#!/bin/sh\nexec dotnet '{Tool.AssemblyOf("Local")}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public Task<Overlay> Build() => Overlay.BuildFolder(_folder["own"]);

    /// <summary>The second mesh beside the first.</summary>
    public Task<Overlay> BuildSecond(params string[] options)
    {
        Page.Write(Section, _folder["own-2"], "own-2", options);
        return Overlay.BuildFolder(_folder["own-2"]);
    }

    public string Read(params string[] file) => File.ReadAllText(_folder[["own", .. file]]);

    public void Append(string text, params string[] file) => File.AppendAllText(_folder[["own", .. file]], text);

    /// <summary>Removes the "#" of a line, or takes another folder of scaling.</summary>
    public void Choose(string option)
    {
        var lines = File.ReadAllLines(Kustomization).ToList();
        if (option.StartsWith("scaling/", StringComparison.Ordinal))
        {
            lines[lines.IndexOf($"- {Clone}/{Scaling}")] = $"- {Clone}/{option}";
            lines.RemoveRange(lines.IndexOf("replicas:"), 3);
        }
        else
        {
            var line = Assert.Single(lines, l => l == $"# - {option}" || l == $"# - {Clone}/{option}");
            lines[lines.IndexOf(line)] = line["# ".Length..];
        }
        File.WriteAllLines(Kustomization, lines);
    }

    public void Dispose() => _folder.Dispose();
}
