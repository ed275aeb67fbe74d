using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.Local.Tests.Versions;

/// <summary>Versions of the model in a mesh of processes.</summary>
public sealed class VersionsTests : IDisposable
{
    private const string First = "medmoe-nano-paper/1";
    private const string Second = "medmoe-nano-paper/2";

    private static readonly BundlePart _ct = BundlePart.Expert("ct");

    private readonly TemporaryFolder _runtime = new();
    private readonly GoldenBundle _first = new(Architecture.Paper);
    private readonly GoldenBundle _second = new(Architecture.Paper);

    public VersionsTests() => _second.SetVersion("2");

    public void Dispose()
    {
        _runtime.Dispose();
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task Deploy_Promote_AndRollback_UnderLoad_LoseNoCall_AndMixNoVersions()
    {
        const int Calls = 10_000;
        foreach (var part in _second.Open().Manifest.Parts)
        {
            _second.Change(part, weight => 1.05f * weight);
        }
        var (mesh, gateway) = await Up();
        using var own = mesh;
        await using var load = new VersionLoad(gateway);
        await load.Learn(First);
        load.Begin(clients: 8);

        await Succeed("deploy", "--bundle", _second.Root);
        await load.Learn(Second);
        Assert.Equal(0, load.Answers.GetValueOrDefault(Second));
        await Succeed("deploy", "--bundle", _second.Root, "--weight", "10");
        // Until the gateway knows the weight.
        await load.UntilMore(1, Second);
        var before = load.Answers;
        await load.UntilMore(Calls);
        var (first, second) = (load.Answers[First] - before[First], load.Answers[Second] - before[Second]);
        Assert.InRange(100.0 * second / (first + second), 8, 12);

        var promoted = await Succeed("promote");
        Assert.Equal([$"{Second} serves 100 %", $"{First} previous -"], promoted);
        before = load.Answers;
        await load.UntilMore(1000, Second);
        Assert.Equal(before[First], load.Answers[First]);

        Assert.Equal([$"{First} serves 100 %", $"{Second} previous -"], await Succeed("rollback"));
        before = load.Answers;
        await load.UntilMore(1000, First);
        Assert.Equal(before[Second], load.Answers[Second]);
        Assert.Empty(load.Faults);
        var counted = await Sum(
            mesh.Table.Single(row => row.Service == "gateway").Http, "medmoe_version_calls_total", $"version=\"{Second}\"", "status=\"OK\"");
        Assert.InRange(counted, load.Answers[Second], load.Answers.Values.Sum());
    }

    [Fact]
    public async Task Shadow_WithOneChangedExpert_IsFoundByTheMetrics_AndCostsCallersNothing()
    {
        _second.Change(_ct, weight => weight + 0.05f);
        var (mesh, gateway) = await Up("--set", "Gateway:MaxShadowCalls=2", "--set", "Gateway:ShadowTimeout=00:00:01");
        using var own = mesh;
        var door = mesh.Table.Single(row => row.Service == "gateway").Http;

        await Succeed("deploy", "--bundle", _second.Root, "--shadow");
        using var shown = LocalProcess.Run(_runtime, "ps");
        await shown.ExitCode();
        var candidate = Assert.Single(shown.Output.Split('\n'), line =>
            line.StartsWith("router ", StringComparison.Ordinal) && line.EndsWith(Second, StringComparison.Ordinal));
        // Everything else is shared.
        Assert.Equal(
            ["expert-ct", "router"],
            shown.Output.Split('\n').Where(line => line.EndsWith(Second, StringComparison.Ordinal)).Select(line => line.Split(' ')[0]));

        using var channel = GrpcChannel.ForAddress($"http://{gateway}");
        var router = new RouterService.RouterServiceClient(channel);
        foreach (var expert in (string[])["ct", "mri"])
        {
            for (var compared = 0.0; compared < 5;)
            {
                await Analyze(router, expert);
                compared = await Sum(door, "medmoe_shadow_cosine_count", $"expert=\"{expert}\"");
            }
        }
        Assert.Equal(
            await Sum(door, "medmoe_shadow_cosine_count", "expert=\"ct\""),
            await Sum(door, "medmoe_shadow_cosine_bucket", "expert=\"ct\"", "le=\"0.99999\""));
        Assert.Equal(0, await Sum(door, "medmoe_shadow_cosine_bucket", "expert=\"mri\"", "le=\"0.99999\""));
        Assert.Equal(0, await Sum(door, "medmoe_shadow_choices_total", "agrees=\"false\""));

        var pid = int.Parse(candidate.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], CultureInfo.InvariantCulture);
        Assert.Equal(0, LocalProcess.Kill(pid, SigStop));
        try
        {
            // Its places are taken, and the calls go on.
            for (var dropped = 0.0; dropped < 20; dropped = await Sum(door, "medmoe_shadow_calls_total", "outcome=\"dropped\""))
            {
                await Analyze(router, "mri");
            }
            await Until(async () => await Sum(door, "medmoe_shadow_calls_total", "outcome=\"failed\"") >= 2);
        }
        finally
        {
            Assert.Equal(0, LocalProcess.Kill(pid, SigContinue));
        }
        Assert.Equal([$"{First} serves 100 %"], await Succeed("rollback"));
    }

    [Fact]
    public async Task Requests_ThatCannotBe_AreOneLine_AndChangeNothing()
    {
        var (mesh, gateway) = await Up();
        using var own = mesh;
        using var lacking = new GoldenBundle(Architecture.Paper);
        Edit(lacking, "\"version\": \"1\"", "\"version\": \"3\"");
        Edit(lacking, "\"name\": \"xray\"", "\"name\": \"dental\"");
        Directory.Move(Path.Combine(lacking.Root, "experts", "xray"), Path.Combine(lacking.Root, "experts", "dental"));
        using var sameName = new GoldenBundle(Architecture.Paper);
        sameName.Change(_ct, weight => 2 * weight);
        using var broken = new GoldenBundle(Architecture.Paper);
        broken.SetVersion("4");
        broken.Change(_ct, _ => float.NaN);

        await Refused("there is no candidate; start one with ./mesh deploy", "promote");
        await Refused("nothing to roll back: there is no candidate, and none was promoted", "rollback");
        await Refused("no such bundle folder", "deploy", "--bundle", "/nowhere");
        await Refused($"{First} is the version that serves already", "deploy", "--bundle", _first.Root);
        await Refused(
            $"{First} has run here with other weights (expert ct): give the bundle another version in medmoe.json",
            "deploy", "--bundle", sameName.Root);
        await Refused(
            $"medmoe-nano-paper/3 lacks expert xray of {First}: it can be a shadow, or answer the calls that name it",
            "deploy", "--bundle", lacking.Root, "--weight", "5");
        await Refused("expert-ct.v", "deploy", "--bundle", broken.Root);
        Assert.Equal([$"{First} serves 100 %"], await Succeed("versions"));
        // It never ran, so that its name is free for what it was to be.
        File.Copy(ChangedBundle.WeightsOf(sameName, _ct), ChangedBundle.WeightsOf(broken, _ct), overwrite: true);
        Assert.Equal([$"{First} serves 100 %", "medmoe-nano-paper/4 candidate 0 %"], await Succeed("deploy", "--bundle", broken.Root));
        Assert.Equal([$"{First} serves 100 %"], await Succeed("rollback"));

        Assert.Equal([$"{First} serves 100 %", "medmoe-nano-paper/3 candidate 0 %"], await Succeed("deploy", "--bundle", lacking.Root));
        await Refused($"medmoe-nano-paper/3 lacks expert xray of {First}, and calls for it would fail", "promote");
        await Refused("medmoe-nano-paper/3 is on trial: promote it or roll it back first", "deploy", "--bundle", _second.Root);
        using var channel = GrpcChannel.ForAddress($"http://{gateway}");
        var router = new RouterService.RouterServiceClient(channel);
        var named = new Metadata { { "medmoe-version", "medmoe-nano-paper/3" } };
        var missing = await Assert.ThrowsAsync<RpcException>(() => Analyze(router, "xray", named));
        Assert.Equal(StatusCode.InvalidArgument, missing.StatusCode);
        Assert.Contains("\"xray\" is not one of the experts", missing.Status.Detail);
        Assert.Equal("dental", (await Analyze(router, "dental", named)).Gate.Expert);
        Assert.Equal("ct", (await Analyze(router, "ct")).Gate.Expert);
    }

    [Fact]
    public async Task Deploy_InASecureMesh_WithAnIdleExpert_Promotes()
    {
        _second.Change(_ct, weight => weight + 0.05f);
        var (mesh, _) = await Up("--tls", "--idle", "ct=1h");
        using var own = mesh;

        await Succeed("deploy", "--bundle", _second.Root);

        Assert.Equal([$"{Second} serves 100 %", $"{First} previous -"], await Succeed("promote"));
        using var ps = LocalProcess.Run(_runtime, "ps");
        await ps.ExitCode();
        Assert.DoesNotContain(ps.Table, row => row.Service == "expert-ct");
    }

    private Task<(LocalProcess Mesh, string Gateway)> Up(params string[] more) =>
        LocalProcess.UpWhole(_runtime, ["--bundle", _first.Root, "--pyramid", "fp32", .. more]);

    /// <summary>Runs a command.</summary>
    /// <returns>Version, role and share of each row of its table.</returns>
    private async Task<string[]> Succeed(params string[] command)
    {
        using var process = LocalProcess.Run(_runtime, command);
        var code = await process.ExitCode();
        Assert.Equal((0, process.Output), (code, process.Output));
        return [.. process.Output.Split('\n').Skip(1).Select(row => row.Split("  ", StringSplitOptions.RemoveEmptyEntries))
            .Select(row => $"{row[0].Trim()} {row[1].Trim()} {row[2].Trim()}")];
    }

    private async Task Refused(string reason, params string[] command)
    {
        using var process = LocalProcess.Run(_runtime, command);
        await process.AssertRefused(reason);
    }

    private static async Task<AnalyzeResponse> Analyze(RouterService.RouterServiceClient router, string expert, Metadata? headers = null) =>
        await router.AnalyzeAsync(
            new AnalyzeRequest
            {
                Image = MeshLoad.FreshImage(),
                Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = expert },
            },
            headers, DateTime.UtcNow.AddMinutes(1), TestContext.Current.CancellationToken);

    private static async Task<double> Sum(string http, string metric, params string[] tags) => (await ServiceMetric.Read(http))
        .Where(m => m.Name == metric && tags.All(tag => m.Tags.Contains(tag, StringComparison.Ordinal))).Sum(m => m.Value);

    private static async Task Until(Func<Task<bool>> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (!await holds())
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private static void Edit(GoldenBundle bundle, string from, string to)
    {
        var path = Path.Combine(bundle.Root, ModelBundle.ManifestFile);
        var manifest = File.ReadAllText(path);
        Assert.Contains(from, manifest);
        File.WriteAllText(path, manifest.Replace(from, to, StringComparison.Ordinal));
    }
}
