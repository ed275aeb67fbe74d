using MedMoE.Mesh.LoadTester.Calls;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.LoadTester.Tests.Configuration;

/// <summary>The loads in tests/load.</summary>
public sealed class RepositoryLoadTests
{
    private static readonly string _load = Path.Combine(Golden.Repository, "tests", "load");

    private static readonly string[] _configs =
        [.. new[] { "fixed", "ramp", "open" }.SelectMany(kind => Directory.EnumerateFiles(Path.Combine(_load, kind), "*.json")).Order()];

    [Fact]
    public void Configurations_CoverEveryMethodInEveryWay()
    {
        var calls = _configs.GroupBy(file => Path.GetFileName(Path.GetDirectoryName(file)), file => LoadConfigReader.Read(file));
        // Without Watch, which never ends by itself.
        var methods = MeshMethod.All.Select(m => $"{m.Service.FullName}.{m.Name}")
            .Where(m => !m.EndsWith(".Watch", StringComparison.Ordinal)).Order().ToArray();
        Assert.All(calls, kind => Assert.Equal(methods, kind.Select(c => c.Call).Distinct().Order()));
        Assert.All(calls, kind => Assert.Equal(
            ["ct", "mri", "ultrasound", "xray"],
            kind.Where(c => c.Call.EndsWith("Localize", StringComparison.Ordinal))
                .Select(c => c.HeaderTexts["medmoe-service"]["experts/".Length..]).Order()));
        Assert.All(calls.Single(k => k.Key == "open"), c => Assert.True(c.Async && c.Rps > 0));
        Assert.All(calls.Single(k => k.Key == "ramp"), c => Assert.Equal((ScheduleKind.Line, false), (c.Load.Kind, c.Async)));
    }

    [Fact]
    public async Task Fixtures_AreWhatTheCommandMakes()
    {
        using var folder = new TemporaryFolder();
        var made = await Load.Command("fixtures", "--studies", "services/Trainer/Demo/studies", "--out", folder.Path);
        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        string[] Names(string path) => [.. Directory.EnumerateFiles(path).Select(f => Path.GetFileName(f)!).Order()];
        Assert.Equal(Names(folder.Path), Names(Path.Combine(_load, "fixtures")));
        Assert.All(
            Names(folder.Path),
            name => Assert.Equal(File.ReadAllBytes(folder[name]), File.ReadAllBytes(Path.Combine(_load, "fixtures", name))));
    }

    [Fact]
    public async Task EveryConfiguration_AgainstTheMesh_IsWithinItsLimits()
    {
        using var runtime = new TemporaryFolder();
        var (mesh, gateway) = await LocalProcess.UpWhole(runtime);
        using var own = mesh;

        var run = await Load.Command([.. _configs, "--host", gateway, "--duration", "1s", "--limits", Path.Combine(_load, "limits.json")]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(_configs.Length, run.Output.Split('\n').Count(line => line.EndsWith(": within its limits", StringComparison.Ordinal)));
    }
}
