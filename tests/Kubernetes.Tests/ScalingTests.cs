using System.Text.RegularExpressions;
using Grpc.Net.Client;
using k8s.Models;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Autoscalers use metrics that services export, of existing pods.</summary>
public sealed partial class ScalingTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Metrics_OfAutoscalers_AreExported()
    {
        var autoscale = await Overlay.Build("autoscale");
        var keda = await Overlay.Build("keda");
        var adapter = File.ReadAllText(Path.Combine(Overlay.Folder, "overlays", "autoscale", "prometheus-adapter.yaml"));
        string[] read =
        [
            .. autoscale.Objects.OfType<V2HorizontalPodAutoscaler>().SelectMany(o => o.Spec.Metrics).Select(m => m.Pods.Metric.Name),
            .. keda.Objects.OfType<ScaledObject>().SelectMany(o => o.Spec.Triggers).Select(t => MetricName().Match(t.Metadata.Query).Value),
            MetricName().Match(adapter).Value,
        ];
        using var runtime = new TemporaryFolder();
        var (mesh, gateway) = await LocalProcess.UpWhole(runtime);
        using var own = mesh;
        using var channel = GrpcChannel.ForAddress($"http://{gateway}");
        await new RouterService.RouterServiceClient(channel).AnalyzeAsync(
            new AnalyzeRequest
            {
                Image = MeshLoad.FreshImage(),
                Report = "nodule",
                Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" },
            },
            deadline: DateTime.UtcNow + _patience);
        async Task<IReadOnlyList<ServiceMetric>> Of(string service) => await ServiceMetric.Read(mesh.Table.First(row => row.Service == service).Http);
        var (router, expert) = (await Of("router"), await Of("expert-ct"));

        Assert.Equal(["medmoe_expert_requests_total", "medmoe_requests"], read.Distinct().Order());
        Assert.Contains(
            router, m => m.Name == "medmoe_expert_requests_total" && m.Tags.Contains("expert=\"ct\"", StringComparison.Ordinal) && m.Value > 0);
        // Exported under one name by every scaled service.
        Assert.Contains(expert, m => m.Name == "medmoe_requests");
        Assert.Contains(await Of("backbone"), m => m.Name == "medmoe_requests");
        Assert.Contains(await Of("text-encoder"), m => m.Name == "medmoe_requests");
    }

    /// <summary>A rate needs two values: without an initial zero, an expert's first request would start its series and not scale it up.</summary>
    [Fact]
    public async Task ExpertRequests_AreToldBeforeTheFirst()
    {
        using var router = await ServiceProcess.Start(
            "Router", null, $"Model:Bundle={Path.Combine(Golden.Repository, "services", "libs", "Bundle", "demo")}");
        var requests = (await ServiceMetric.Read(router.Http)).Where(m => m.Name == "medmoe_expert_requests_total");
        Assert.Equal(
            [("ct", 0), ("mri", 0), ("ultrasound", 0), ("xray", 0)],
            requests.Select(m => (ExpertTag().Match(m.Tags).Groups[1].Value, m.Value)).Order());
    }

    [Fact]
    public async Task Queries_NameTheirOwnPods()
    {
        var overlay = await Overlay.Build("keda");
        foreach (var scaled in overlay.Objects.OfType<ScaledObject>())
        {
            // Prometheus writes a label of Kubernetes with underscores.
            var label = Overlay.NameLabel.Replace('.', '_').Replace('/', '_');
            Assert.Equal($"sum(medmoe_requests{{{label}=\"{scaled.Spec.ScaleTargetRef.Name}\"}})", scaled.Spec.Triggers[0].Metadata.Query);
            Assert.Equal(scaled.Metadata.Name, scaled.Spec.ScaleTargetRef.Name);
            Assert.All(scaled.Spec.Triggers, trigger => Assert.True(
                Uri.IsWellFormedUriString(trigger.Metadata.ServerAddress, UriKind.Absolute) && trigger.Metadata.Threshold.Length > 0,
                $"{scaled.Metadata.Name}: {trigger.Metadata.Query}"));
            if (!overlay.Pods[scaled.Metadata.Name].TryGetValue(Overlay.ExpertLabel, out var expert))
            {
                Assert.True(scaled.Spec.MinReplicaCount > 0, $"{scaled.Metadata.Name} is needed by every call");
                Assert.Single(scaled.Spec.Triggers);
                continue;
            }
            Assert.Equal(0, scaled.Spec.MinReplicaCount);
            Assert.Equal($"sum(rate(medmoe_expert_requests_total{{expert=\"{expert}\"}}[3m]))", scaled.Spec.Triggers[1].Metadata.Query);
        }
    }

    /// <summary>Longer than until Prometheus, KEDA and the pod have followed.</summary>
    [Fact]
    public async Task Calls_ForAnExpertAtZero_WaitLongerWithKeda()
    {
        var router = (await Overlay.Build("keda")).Deployment("router").Spec.Template.Spec.Containers.Single(c => c.Name == Overlay.Container);
        Assert.Equal("00:03:00", Assert.Single(router.Env, setting => setting.Name == "Router__WakeTimeout").Value);
    }

    [Fact]
    public async Task Autoscalers_GoUpAtOnceAndDownSlowly()
    {
        var behaviors = (await Overlay.Build("autoscale")).Objects.OfType<V2HorizontalPodAutoscaler>().Select(o => o.Spec.Behavior)
            .Concat((await Overlay.Build("keda")).Objects.OfType<ScaledObject>().Select(o => o.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior));
        Assert.All(behaviors, b => Assert.Equal((0, 300), (b.ScaleUp.StabilizationWindowSeconds, b.ScaleDown.StabilizationWindowSeconds)));
    }

    [GeneratedRegex("expert=\"([^\"]+)\"")]
    private static partial Regex ExpertTag();

    [GeneratedRegex("medmoe_[a-z_]+")]
    private static partial Regex MetricName();
}
