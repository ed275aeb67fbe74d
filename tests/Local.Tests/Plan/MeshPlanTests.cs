using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Local.Plan;

namespace MedMoE.Mesh.Local.Tests.Plan;

public sealed class MeshPlanTests
{
    private static readonly BundleManifest _demo = ModelBundle.Open(Path.Combine(AppContext.BaseDirectory, "demo")).Manifest;

    [Fact]
    public void For_Demo_IsEveryServiceInTheOrderOfStarting()
    {
        var plan = Plan(new UpOptions { Bundle = "/b", Replicas = "ct=2, mri=0" });

        Assert.Equal(
            ["backbone", "text-encoder", "expert-xray", "expert-ct", "expert-mri", "expert-ultrasound", "router", "gateway"],
            plan.Services.Select(s => s.Service.Name));
        Assert.Equal([1, 1, 1, 2, 0, 1, 1, 1], plan.Services.Select(s => s.Replicas));
        Assert.Equal([2, 2, 2, 2, 2, 2, 1, 0], plan.Services.Select(s => s.Service.Kind.StopsAt));
    }

    [Fact]
    public void For_Options_ReachTheServicesThatHaveThem()
    {
        var options = new UpOptions
        {
            Bundle = "/b",
            Pyramid = "bf16",
            Device = "cuda:1",
            Precision = "auto",
            Port = 9000,
            Redis = "redis:6379",
            Settings = ["Serving:MaxMessageBytes=1024", "A:B=c=d"],
        };

        var plan = Plan(options);

        string[] network = ["--Model:Bundle=/b", "--Model:Device=cuda:1", "--Model:Precision=auto"];
        AssertOwn("backbone", network);
        AssertOwn("text-encoder", network);
        AssertOwn("expert-ct", ["--Expert:Name=ct", .. network]);
        AssertOwn(
            "router",
            [
                "--Model:Bundle=/b", "--Endpoints:File=/run/version-1.json", "--Cache:Redis=redis:6379", "--Router:PyramidType=BF16",
                "--Router:WakeTimeout=0",
            ]);
        AssertOwn("gateway", ["--Endpoints:File=/run/endpoints.json"], port: 9000);

        void AssertOwn(string service, string[] own, int port = 0) => Assert.Equal(
            [
                "--Serving:Address=127.0.0.1", $"--Serving:GrpcPort={port}", "--Serving:Log=Text", "--Serving:StopWithInput=true",
                .. own, "--Serving:MaxMessageBytes=1024", "--A:B=c=d",
            ],
            plan.Services.Single(s => s.Service.Name == service).Arguments);
    }

    [Fact]
    public void For_IdleExperts_NoneRuns_AndTheRouterWaitsForThem()
    {
        var plan = Plan(new UpOptions { Bundle = "/b", Idle = ["ct=5m", "mri=1h"], Replicas = "mri=2" });

        Assert.Equal([0, 2, 1], new[] { "ct", "mri", "xray" }.Select(name => plan.Services.Single(s => s.ShortName == name).Replicas));
        Assert.Equal((TimeSpan.FromMinutes(5), TimeSpan.FromHours(1)), (plan.Idle["ct"], plan.Idle["mri"]));
        Assert.DoesNotContain(
            plan.Services.Single(s => s.ShortName == "router").Arguments, argument => argument.Contains("WakeTimeout", StringComparison.Ordinal));
    }

    private static MeshPlan Plan(UpOptions options) =>
        MeshPlan.For(options, _demo, new ServiceArguments(options, new EndpointFiles("/run"), "redis:6379"));
}
