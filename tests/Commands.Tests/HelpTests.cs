using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Commands.Tests;

/// <summary>The launcher shows help from files, without a build; they are what the tools say.</summary>
public sealed class HelpTests
{
    /// <summary>Set to 1, the tests write the files instead of comparing them.</summary>
    private const string Write = "MESH_WRITE_HELP";

    public static TheoryData<string> Commands => [.. Launcher.Commands];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_OfTheTool_IsTheFile(string command)
    {
        var help = await Launcher.Run(command, "--help");
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        if (Environment.GetEnvironmentVariable(Write) == "1")
        {
            await File.WriteAllTextAsync(Launcher.HelpFile(command), help.Output, TestContext.Current.CancellationToken);
        }
        var file = await File.ReadAllTextAsync(Launcher.HelpFile(command), TestContext.Current.CancellationToken);
        Assert.True(file == help.Output, $"{Launcher.HelpFile(command)} is not what the tool says; {Write}=1 writes it:\n{help.Output}");
        Assert.Contains($"Usage:\n  ./mesh {command}", help.Output);
        Assert.DoesNotContain(Golden.Repository, help.Output);
        Assert.DoesNotContain("MedMoE.Mesh.", help.Output);
    }

    [Fact]
    public async Task Help_OfTheLauncher_NeedsNoBuild()
    {
        using var folder = new TemporaryFolder();
        // A copy without sources: nothing can be built in it.
        File.Copy(Launcher.Path, folder["mesh"]);
        foreach (var file in Launcher.Verbs.Keys.Concat(["bundle", "key", "load check"]).Select(Launcher.HelpFile))
        {
            var copy = folder[Path.GetRelativePath(Golden.Repository, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        foreach (var command in Launcher.Verbs.Keys.Append("load check"))
        {
            var help = await Tool.Command(folder.Path, [folder["mesh"], .. command.Split(' '), "--help"]);
            Assert.Equal((0, ""), (help.ExitCode, help.Error));
            Assert.Equal(help.Output, (await Tool.Command(folder.Path, [folder["mesh"], "help", .. command.Split(' ')])).Output);
            Assert.StartsWith(await File.ReadAllTextAsync(Launcher.HelpFile(command), TestContext.Current.CancellationToken), help.Output);
        }
    }

    [Fact]
    public async Task Test_OfAProjectThatIsNone_NamesThoseThatAre() => (await Tool.Command(Golden.Repository, [Launcher.Path, "test", "nope"]))
        .AssertRefused("test: there are no tests of nope; there are those of Analyzer Architecture Bench Bundle ");

    [Fact]
    public async Task Version_IsThatOfTheBuild()
    {
        var version = await Tool.Command(Golden.Repository, [Launcher.Path, "--version"]);
        Assert.Equal($"MedMoE.Mesh {typeof(HelpTests).Assembly.GetName().Version!.ToString(3)}\n", version.Output);
    }
}
