using System.Text.Json;
using MedMoE.Mesh.LoadTester.Calls;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

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
        // Without Watch, which never ends by itself, and those of the Open Inference Protocol that only describe.
        var methods = MeshMethod.All
            .Where(m => m.Service != GRPCInferenceService.Descriptor || m.Name.EndsWith("Infer", StringComparison.Ordinal))
            .Select(m => $"{m.Service.FullName}.{m.Name}").Where(m => !m.EndsWith(".Watch", StringComparison.Ordinal)).Order().ToArray();
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

    /// <summary>Any data that trains, and the shapes of any bundle.</summary>
    [Fact]
    public async Task Fixtures_OfOnesOwnDataAndBundle_FitThem()
    {
        using var folder = new TemporaryFolder();
        using var bundle = new GoldenBundle(Bundle.Architecture.Paper);
        var image = Golden.PathOf("preprocessing", "gray8_130x100.png");
        File.WriteAllText(folder["manifest.csv"], $"image,report,type\n{image},large mass,CT\nnone.png,small mass,MR\n");

        var made = await Load.Command("fixtures", "--studies", folder.Path, "--bundle", bundle.Root, "--out", folder["out"]);

        Assert.Equal((0, "left out: 1 record: manifest.csv:3, none.png: none.png: no such file\n"), (made.ExitCode, made.Error));
        var analyze = FixtureFile.Read(folder["out", "analyze.bin"], AnalyzeRequest.Descriptor).Select(AnalyzeRequest.Parser.ParseFrom);
        Assert.Equal(["large mass"], analyze.Select(request => request.Report));
        var levels = FixtureFile.Read(folder["out", "expert.bin"], LocalizeRequest.Descriptor).Select(LocalizeRequest.Parser.ParseFrom).Skip(1)
            .Select(request => request.Level.Features.Shape.ToArray()).ToArray();
        var manifest = bundle.Open().Manifest;
        // Patches of 4 pixels, 16 channels.
        Assert.Equal(224, manifest.Image.Size);
        Assert.Equal([[56L, 56, 16], [28, 28, 32], [14, 14, 64], [7, 7, 128]], levels);
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

        // What the mesh answers can be written as limits, which it then keeps.
        string[] open = [.. _configs.Where(file => file.Contains("/open/", StringComparison.Ordinal))];
        var made = await Load.Command(["expect", .. open, "--host", gateway, "--out", runtime["limits.json"]]);
        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        var limits = JsonDocument.Parse(File.ReadAllBytes(runtime["limits.json"])).RootElement;
        Assert.Equal(
            """{"gate":{"expert":"xray"},"model":{"modelVersion":"medmoe-demo/1"},"embedding":{"shape":["96"]}}""",
            Assert.Single(limits.GetProperty("embed-image").GetProperty("answers").EnumerateArray().Take(1)).GetRawText()
                .Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        var analyze = open.Single(file => file.EndsWith("/analyze.json", StringComparison.Ordinal));
        var checkedAgain = await Load.Command(analyze, "--host", gateway, "--duration", "1s", "--limits", runtime["limits.json"]);
        Assert.Equal((0, ""), (checkedAgain.ExitCode, checkedAgain.Error));
    }
}
