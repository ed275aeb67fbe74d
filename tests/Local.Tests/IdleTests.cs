using System.Diagnostics;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Local.Tests;

/// <summary>Experts that run only while they are asked for.</summary>
public sealed class IdleTests : IDisposable
{
    private const int Callers = 200;
    private const string Starting = "ct is asked for: starting it";
    private const string Stopping = "ct was not asked for 10 s: stopping it";

    private readonly TemporaryFolder _runtime = new();

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task Expert_AskedByManyAtOnce_IsStartedOnce_StoppedWhenIdle_AndStartedAgain()
    {
        var (mesh, gateway) = await LocalProcess.UpWhole(
            _runtime, "--idle", "ct=10s,mri=1h", "--set", "Gateway:MaxClientShare=1", "--set", "Router:MaxWaking=256",
            "--set", "Expert:QueueCapacity=256");
        using var own = mesh;
        Assert.DoesNotContain(mesh.Table, row => row.Service is "expert-ct" or "expert-mri");
        using var channel = GrpcChannel.ForAddress($"http://{gateway}");
        var router = new RouterService.RouterServiceClient(channel);
        async Task<AnalyzeResponse> Analyze() => await router.AnalyzeAsync(
            new AnalyzeRequest
            {
                Image = MeshLoad.FreshImage(),
                Report = "There is a large mass.",
                Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" },
            },
            deadline: DateTime.UtcNow.AddMinutes(1));

        var started = Stopwatch.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Analyze()));

        TestContext.Current.SendDiagnosticMessage($"{Callers} callers were answered after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
        Assert.All(answers, answer => Assert.Equal("ct", answer.Gate.Expert));
        Assert.Single(mesh.Output.Split('\n'), line => line.EndsWith(Starting, StringComparison.Ordinal));
        // Also while it is being stopped.
        await mesh.UntilLine(line => line.EndsWith(Stopping, StringComparison.Ordinal), "the idle expert being stopped");
        Assert.Equal("ct", (await Analyze()).Gate.Expert);
    }

    [Fact]
    public async Task Expert_OfASecureMesh_IsStarted()
    {
        using var mesh = LocalProcess.Run(_runtime, "up", "--tls", "--idle", "ct=1h,xray=1h,mri=1h,ultrasound=1h");
        const string Ready = "ready gateway=";
        var gateway = (await mesh.UntilReady(Ready))[Ready.Length..];
        var authority = Assert.Single(Directory.GetFiles(_runtime.Path, "authority.pem", SearchOption.AllDirectories));

        var answered = await Tool.Run(
            "Analyzer",
            ["analyze", "--server", gateway, "--authority", authority, "--image", Golden.PathOf("preprocessing", "gray8_130x100.png")]);

        Assert.True(answered.ExitCode == 0, answered.Error);
        Assert.Single(mesh.Output.Split('\n'), line => line.EndsWith(" is asked for: starting it", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ct", "--idle: \"ct\" is not EXPERT=TIME")]
    [InlineData("dental=5m", "--idle: unknown expert \"dental\"; expected one of ")]
    [InlineData("backbone=5m", "--idle: unknown expert \"backbone\"; expected one of ")]
    [InlineData("ct=5", "--idle: ct: \"5\" is not a time of 1 s or more, as 90s, 5m or 1h")]
    [InlineData("ct=0s", "--idle: ct: \"0s\" is not a time of 1 s or more, as 90s, 5m or 1h")]
    [InlineData("ct=m", "--idle: ct: \"m\" is not a time of 1 s or more, as 90s, 5m or 1h")]
    [InlineData("ct=1s,ct=2s", "--idle: ct is given twice")]
    public async Task Idle_ThatIsWrong_IsRefusedInOneLine(string idle, string reason)
    {
        using var up = LocalProcess.Run(_runtime, "up", "--idle", idle);
        await up.AssertRefused(reason);
    }
}
