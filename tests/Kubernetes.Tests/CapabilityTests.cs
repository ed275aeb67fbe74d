using k8s.Models;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>A new capability needs only the file described on the page, and one line.</summary>
public sealed class CapabilityTests : IDisposable
{
    private const string Name = "segmentation";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("autoscale", "HorizontalPodAutoscaler")]
    [InlineData("keda", "ScaledObject")]
    [InlineData("cpu", null)]
    [InlineData("gpu", null)]
    public async Task Page_AddsACapability_AndChangesNothingElse(string overlay, string? scaler)
    {
        var before = await Overlay.Build(overlay);
        await Overlay.Copy(_folder);
        Assert.Equal([$"capabilities/{Name}/kustomization.yaml", "capabilities/kustomization.yaml"], Page.Write("Add a capability", _folder.Path));

        var after = await Overlay.Build(overlay, _folder.Path);

        string?[] kinds = ["Certificate", "Deployment", "PodDisruptionBudget", "Service", scaler];
        Assert.Equal(kinds.OfType<string>().Select(kind => (kind, Name)).Order(), after.Texts.Keys.Except(before.Texts.Keys).Order());
        Assert.Equal(before.Texts, after.Texts.Where(o => o.Key.Name != Name));
        PodTests.AssertRestrictedAndLimited(after);
        var pod = after.Deployment(Name).Spec.Template.Spec;
        Assert.Equal($"medmoe-mesh/{Name}{(overlay == "gpu" ? ":cuda" : "")}", pod.Containers[0].Image);
        Assert.Equal(
            ("medmoe-mesh/bundle", Name), (pod.InitContainers.Single().Image, pod.InitContainers[0].Env.Single(e => e.Name == "PARTS").Value));
        Assert.Equal(("3", "4Gi"), (pod.Containers[0].Resources.Requests["cpu"].ToString(), pod.Containers[0].Resources.Limits["memory"].ToString()));
        Assert.Equal(overlay == "gpu", pod.Containers[0].Resources.Limits.ContainsKey("nvidia.com/gpu"));
    }

    [Fact]
    public async Task Page_AddsACapability_ThatIsReachedAndScaled()
    {
        await Overlay.Copy(_folder);
        Page.Write("Add a capability", _folder.Path);
        var (autoscale, keda) = (await Overlay.Build("autoscale", _folder.Path), await Overlay.Build("keda", _folder.Path));

        var service = autoscale.Objects.OfType<V1Service>().Single(o => o.Metadata.Name == Name);
        Assert.Equal(("None", 8080), (service.Spec.ClusterIP, service.Spec.Ports.Single().Port));
        Assert.Equal([Name], autoscale.Matched(service.Spec.Selector));
        var budget = autoscale.Objects.OfType<V1PodDisruptionBudget>().Single(o => o.Metadata.Name == Name);
        Assert.Equal([Name], autoscale.Matched(budget.Spec.Selector.MatchLabels));

        // Only gateway and router may call it.
        var policies = autoscale.Objects.OfType<V1NetworkPolicy>().ToDictionary(p => p.Metadata.Name, p => p.Spec);
        Assert.All(["gateway", "router"], caller => Assert.Contains(
            Name, policies[caller].Egress.SelectMany(rule => rule.To).SelectMany(to => autoscale.Matched(to.PodSelector.MatchLabels))));
        Assert.Contains(Name, autoscale.Matched(policies["networks"].PodSelector.MatchLabels));
        var callers = policies["networks"].Ingress.SelectMany(rule => rule.FromProperty);
        Assert.Equal(["gateway", "router"], callers.SelectMany(from => autoscale.Matched(from.PodSelector.MatchLabels)).Order());

        var scaler = autoscale.Objects.OfType<V2HorizontalPodAutoscaler>().Single(o => o.Metadata.Name == Name).Spec;
        Assert.Equal(
            (Name, 1, 6, "2"),
            (scaler.ScaleTargetRef.Name, scaler.MinReplicas, scaler.MaxReplicas, scaler.Metrics.Single().Pods.Target.AverageValue.ToString()));
        var scaled = keda.Objects.OfType<ScaledObject>().Single(o => o.Metadata.Name == Name).Spec;
        var trigger = scaled.Triggers.Single().Metadata;
        Assert.Equal((Name, 1, 6, "2"), (scaled.ScaleTargetRef.Name, scaled.MinReplicaCount, scaled.MaxReplicaCount, trigger.Threshold));
        Assert.Equal($"sum(medmoe_requests{{app_kubernetes_io_name=\"{Name}\"}})", trigger.Query);
    }
}
