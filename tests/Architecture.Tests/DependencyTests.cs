namespace MedMoE.Mesh.Architecture.Tests;

/// <summary>Checks project references and loaded packages against the table of services/libs/README.md.</summary>
public sealed class DependencyTests
{
    private static readonly Dictionary<string, (string[] Uses, bool Torch)> _page = File
        .ReadAllLines(Path.Combine(Golden.Repository, "services", "libs", "README.md"))
        .SkipWhile(line => !line.StartsWith("| project | uses |", StringComparison.Ordinal))
        .Skip(2)
        .TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(
            cells => cells[1].Trim('`'),
            cells => (cells[2].Split(';')[0].Split(',', StringSplitOptions.TrimEntries).Where(name => name != "–").ToArray(), cells[3] == "yes"));

    [Fact]
    public void Page_NamesEveryProjectAndWhatItUses()
    {
        Assert.Equal(SourceProject.All.Select(project => project.Folder).Order(), _page.Keys.Order());
        Assert.All(SourceProject.All, project => Assert.Equal(project.Uses, _page[project.Folder].Uses));
    }

    [Fact]
    public void Executables_LoadLibtorch_OnlyWhereThePageSaysSo()
    {
        var executables = SourceProject.All.Where(project => project.Loads is not null).ToArray();
        Assert.Equal(_page.Keys.Count(folder => !folder.StartsWith("libs/", StringComparison.Ordinal)), executables.Length);
        Assert.All(executables, project => Assert.Equal(
            _page[project.Folder].Torch, project.Loads!.Any(library => library.Contains("torch", StringComparison.OrdinalIgnoreCase))));
    }

    [Fact]
    public void Libraries_BelowTheBatcher_KnowNoGrpc_AndAboveIt_NoTorch()
    {
        Assert.DoesNotContain("Serving", Reached("Model"));
        Assert.DoesNotContain("Wire", Reached("Model"));
        Assert.DoesNotContain("Model", Reached("Serving"));
    }

    /// <summary>All direct and indirect references of a project.</summary>
    private static HashSet<string> Reached(string name)
    {
        var reached = new HashSet<string>();
        var next = new Queue<string>([name]);
        while (next.TryDequeue(out var current))
        {
            foreach (var used in SourceProject.All.Single(project => project.Name == current).Uses.Where(reached.Add))
            {
                next.Enqueue(used);
            }
        }
        return reached;
    }
}
