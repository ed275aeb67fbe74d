namespace MedMoE.Mesh.Architecture.Tests;

/// <summary>Folders of a project depend on each other one way, as projects do.</summary>
public sealed class FolderTests
{
    [Fact]
    public void Folders_OfEveryProject_UseEachOtherInNoCircle()
    {
        var circles = SourceProject.All.SelectMany(project =>
            new FolderUses(project.Namespace, project.Usings, [.. project.Files.Select(SourceFile.Read)]).Circles()
                .Select(use => $"{project.Name}: {use}")).ToArray();
        Assert.True(circles.Length == 0, string.Join('\n', circles));
    }

    /// <summary>The other test takes the namespace for the folder.</summary>
    [Fact]
    public void Namespaces_AreFolders() => Assert.All(SourceProject.All, project => Assert.All(project.Files, file =>
    {
        var folder = Path.GetRelativePath(project.Location, Path.GetDirectoryName(file)!);
        var expected = folder == "." ? project.Namespace : $"{project.Namespace}.{folder.Replace(Path.DirectorySeparatorChar, '.')}";
        Assert.Equal(expected, SourceFile.Read(file).Namespace ?? expected);
    }));

    [Theory]
    [InlineData("using P.Up;\nnamespace P.Down;", "using P.Up")]
    [InlineData("using Alias = P.Up.High;\nnamespace P.Down;", "using P.Up.High")]
    [InlineData("using static P.Up.High;\nnamespace P.Down;", "using P.Up.High")]
    [InlineData("namespace P.Down;\nclass A { Up.High _high; }", "Up.High")]
    [InlineData("namespace P.Down;\nclass A { string _text = $\"{1} {Up.High.Of(\"}\")}\"; }", "Up.High.Of")]
    [InlineData("namespace P.Down;\nclass A { string _text = $\"\"\"\n{Up.High.Name}\n\"\"\"; }", "Up.High.Name")]
    [InlineData("namespace P.Down;\nclass A { int _last = new[] { 1 }[..Up.High.Count]; }", "Up.High.Count")]
    [InlineData("namespace P.Down;\nclass A { string _text = $$\"\"\"\n{ {{Up.High.Name}} }\n\"\"\"; }", "Up.High.Name")]
    [InlineData("namespace P.Down;\n// Up.High\nclass A { /* Up.High */ char _quote = '\"'; string _text = \"Up.High\"; }", null)]
    [InlineData("namespace P.Down;\nclass A { string _a = @\"\"\"Up.High\", _b = $\"{{Up.High}}\", _c = \"\\\"Up.High\"; }", null)]
    [InlineData("namespace P.Down;\nclass A { string _text = \"\"\"\n\"Up.High\"\n\"\"\"; }", null)]
    [InlineData("namespace P.Down;\nclass A { object Of(dynamic a) => a.Up.High; }", null)]
    public void Circles_NameEachUse(string down, string? use)
    {
        var up = SourceFile.Parse("Up.cs", "using P.Down;\nnamespace P.Up;\npublic static class High { }");
        var circles = new FolderUses("P", [], [up, SourceFile.Parse("Down.cs", down)]).Circles();
        Assert.Equal(use is null ? [] : ["Up > Down (Up.cs: using P.Down)", $"Down > Up (Down.cs: {use})"], circles);
    }

    [Theory]
    [InlineData("namespace P.Down;\nclass A { Root _root; }", "Root")]
    [InlineData("namespace P.Down;\nclass A { int Two => 1.Twice(); }", "Twice")]
    [InlineData("namespace P.Down;\nclass A { bool Is(object a) => a.Root; }", null)]
    public void Circles_ThroughTheProjectsOwnNamespace_NeedNoUsing(string down, string? use)
    {
        var root = SourceFile.Parse("Root.cs", """
            using P.Down;
            namespace P;
            public sealed record Root(A A);
            static class B { public static int Twice(this int i) => 2 * i; }
            """);
        var circles = new FolderUses("P", [], [root, SourceFile.Parse("Down.cs", down)]).Circles();
        Assert.Equal(use is null ? [] : ["(root) > Down (Root.cs: using P.Down)", $"Down > (root) (Down.cs: {use})"], circles);
    }

    [Theory]
    [InlineData("P.Up", "")]
    [InlineData("", "global using P.Up;")]
    public void Circles_ThroughUsingsOfAllFiles_AreFound(string project, string globals)
    {
        var up = SourceFile.Parse("Up.cs", "using P.Down;\nnamespace P.Up;\npublic class High { }");
        var down = SourceFile.Parse("Down.cs", "namespace P.Down;\nclass A { High _high; }");
        var circles = new FolderUses("P", [project], [up, down, SourceFile.Parse("Usings.cs", globals)]).Circles();
        Assert.Equal(["Up > Down (Up.cs: using P.Down)", "Down > Up (Down.cs: High)"], circles);
    }
}
