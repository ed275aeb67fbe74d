using System.Text.Json;
using Grpc.Core;
using Grpc.Health.V1;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.LoadTester.Tests.Checking;

/// <summary>The checker finds faults in its own runs and in ghz's reports.</summary>
public sealed class JudgementTests
{
    [Fact]
    public async Task AllWell_IsWithinItsLimits()
    {
        await using var service = await FaultyService.Start(_ => Task.FromResult(FaultyService.Serving));
        using var load = new Load(service.Address);
        var run = await Load.Command(load.WriteConfig(), "--limits", load.WriteLimits(), "--json", load["report.json"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.EndsWith("health: within its limits\n", run.Output);

        // For its own report and for ghz's.
        Assert.Equal(0, (await Check(load, load["report.json"])).ExitCode);
        Assert.Equal(0, (await Check(load, WriteGhz(load, 200, ("OK", 200)))).ExitCode);
    }

    [Fact]
    public async Task OneCallInAHundredFails_IsFound()
    {
        await using var service = await FaultyService.Start(number => number % 100 == 99
            ? throw new RpcException(new Status(StatusCode.Unavailable, "now and then")) : Task.FromResult(FaultyService.Serving));
        using var load = new Load(service.Address);
        var run = await Load.Command(load.WriteConfig(("total", 200)), "--limits", load.WriteLimits());
        AssertFound(run, "198 of 200 calls OK, fewer than 100.00 %: Unavailable 2");

        var check = await Check(load, WriteGhz(load, 200, ("OK", 198), ("Unavailable", 2)));
        AssertFound(check, "198 of 200 calls OK, fewer than 100.00 %: Unavailable 2");
        // It passes with a lower limit.
        load.WriteLimits("""{"default": {"ok": 0.99}}""");
        Assert.Equal(0, (await Check(load, load["report.json"])).ExitCode);
    }

    [Fact]
    public async Task CallsFail_WithoutLimits_ExitCode1AndNoFiguresOfNothing()
    {
        await using var service = await FaultyService.Start(_ => throw new RpcException(new Status(StatusCode.Unavailable, "always")));
        using var load = new Load(service.Address);

        var run = await Load.Command(load.WriteConfig(("total", 20)));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("[Unavailable]   20 responses", run.Output);
        Assert.DoesNotContain("0.00 µs", run.Output);
        Assert.DoesNotContain("histogram", run.Output);
    }

    [Fact]
    public async Task WrongAnswer_IsFound()
    {
        await using var service = await FaultyService.Start(number => Task.FromResult(
            number == 150 || number >= 200
                ? new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.NotServing }
                : FaultyService.Serving));
        using var load = new Load(service.Address);
        var run = await Load.Command(load.WriteConfig(("total", 200)), "--limits", load.WriteLimits());
        AssertFound(run, "wrong answer: answer.status is \"NOT_SERVING\", expected \"SERVING\" (1 times)");

        var check = await Check(load, WriteGhz(load, 200, ("OK", 200)));
        AssertFound(check, "message 1: wrong answer: answer.status is \"NOT_SERVING\", expected \"SERVING\"");
    }

    [Fact]
    public async Task MeshIsDown_IsFound()
    {
        using var nobody = new UnansweredAddress();
        using var load = new Load($"{nobody}");
        // ghz itself succeeds and only reports failed calls.
        var check = await Check(load, WriteGhz(load, 200, ("Unavailable", 200)));
        Assert.Equal(1, check.ExitCode);
        Assert.Contains("0 of 200 calls OK", check.Error);
        Assert.Contains($"{nobody}: cannot connect", check.Error);
        // Without any call the report has null instead of lists.
        File.WriteAllText(load["none.json"], JsonSerializer.Serialize(new
        {
            count = 0,
            options = new { call = load.Config.Call, host = $"{nobody}" },
            statusCodeDistribution = (object?)null,
            latencyDistribution = (object?)null,
        }));
        Assert.Contains("health: 0 calls, fewer than 1", (await Check(load, load["none.json"])).Error);

        (await Load.Command(load.WriteConfig())).AssertRefused($"{nobody}", "cannot connect");
    }

    [Fact]
    public async Task MeshGoesDownMeanwhile_IsFound()
    {
        var stopping = new TaskCompletionSource();
        var service = await FaultyService.Start(number =>
        {
            if (number == 50)
            {
                stopping.SetResult();
            }
            return Task.FromResult(FaultyService.Serving);
        });
        using var load = new Load(service.Address);
        var running = Load.Command(load.WriteConfig(("total", 100_000)), "--limits", load.WriteLimits());
        await stopping.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await service.DisposeAsync();
        var run = await running;
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Unavailable", run.Error);
    }

    [Fact]
    public async Task TooSlow_IsFound()
    {
        await using var service = await FaultyService.Start(async _ =>
        {
            await Task.Delay(50);
            return FaultyService.Serving;
        });
        using var load = new Load(service.Address);
        var limits = load.WriteLimits("""{"default": {"latency_ms": {"50": 20, "99": 60000}}}""");
        AssertFound(await Load.Command(load.WriteConfig(("total", 20)), "--limits", limits), "50 % of the calls took up to");
    }

    [Theory]
    [InlineData("call", "medmoe.mesh.v1.RouterService.Analyse",
        "medmoe.mesh.v1.RouterService.Analyse: unknown method; its service has Analyze, AnalyzeStream")]
    [InlineData("call", "some.Service.Method", "some.Service.Method: unknown service")]
    [InlineData("binary-file", "no-such.bin", "no-such.bin: no such file")]
    [InlineData("host", "nowhere.invalid:1", "nowhere.invalid:1: cannot connect")]
    [InlineData("host", "::", "::: expected HOST:PORT")]
    public async Task BadConfiguration_IsOneLine(string key, string value, string reason)
    {
        using var load = new Load("127.0.0.1:1");
        (await Load.Command(load.WriteConfig((key, value)))).AssertRefused(reason);
    }

    [Fact]
    public async Task BadFiles_AreOneLine()
    {
        using var load = new Load("127.0.0.1:1");
        File.WriteAllBytes(load["health.bin"], [5, 1]);
        (await Load.Command(load.WriteConfig())).AssertRefused("health.bin: message 1 is not a length-prefixed grpc.health.v1.HealthCheckRequest");
        File.WriteAllBytes(load["health.bin"], []);
        (await Load.Command(load.WriteConfig())).AssertRefused("health.bin: no messages");
        (await Load.Command(load.WriteConfig(), "--duration", "5")).AssertRefused("--duration 5: not a duration");
        (await Load.Command(load.WriteConfig(), load.WriteConfig(), "--json", "r.json"))
            .AssertRefused("--json needs a single configuration");
        (await Load.Command(load["none.json"])).AssertRefused("none.json: no such file");
        File.WriteAllBytes(load["health.bin"], [0]);
        (await Load.Command(load.WriteConfig(), "--limits", load.WriteLimits("""{"health": {"okay": 1}}"""))).AssertRefused("limits.json", "okay");
    }

    private static Task<Tool.Result> Check(Load load, string report) =>
        Load.Command(
            "check", report, "--config", load.WriteConfig(),
            "--limits", File.Exists(load["limits.json"]) ? load["limits.json"] : load.WriteLimits());

    /// <summary>A report of ghz, with its options and one entry for each call, which is ignored here.</summary>
    private static string WriteGhz(Load load, int count, params (string Status, int Count)[] statuses)
    {
        var file = load["report.json"];
        File.WriteAllText(file, JsonSerializer.Serialize(new
        {
            name = "health",
            endReason = "normal",
            date = "2026-11-25T03:00:00Z",
            options = new Dictionary<string, object>
            {
                ["call"] = load.Config.Call,
                ["host"] = load.Config.Host,
                ["insecure"] = true,
                ["load-schedule"] = "const",
                ["total"] = count,
                ["binary"] = true,
                ["CPUs"] = 2,
            },
            count,
            total = 1_000_000_000L,
            average = 1_000_000L,
            fastest = 500_000L,
            slowest = 3_000_000L,
            rps = 200.5,
            errorDistribution = statuses.Where(s => s.Status != "OK").ToDictionary(s => $"rpc error: code = {s.Status} desc = why", s => s.Count),
            statusCodeDistribution = statuses.ToDictionary(s => s.Status, s => s.Count),
            latencyDistribution = new[] { 10, 25, 50, 75, 90, 95, 99 }.Select(p => new { percentage = p, latency = 10_000L * p }),
            histogram = new[] { new { mark = 0.0005, count, frequency = 1.0 } },
            details = new[] { new { timestamp = "2026-11-25T03:00:00.5Z", latency = 500_000L, error = "", status = "OK" } },
        }));
        return file;
    }

    private static void AssertFound(Tool.Result result, string fault)
    {
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"health: {fault}", Assert.Single(result.Error.TrimEnd().Split('\n')));
    }
}
