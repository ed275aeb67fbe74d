using k8s.Models;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Kubernetes.Tests;

public sealed class ReadingTests
{
    private static readonly string[] _experts =
        [.. BundleManifest.Read(Path.Combine(Golden.Repository, "services", "libs", "Bundle", "demo", "medmoe.json"))
            .Experts.Select(e => e.Name).Order()];

    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Overlay_ReadStrictly_IsWhole(string name)
    {
        var overlay = await Overlay.Build(name);
        string[] services = [.. ServiceCatalog.Services(_experts).Select(service => service.Name).Order()];
        Assert.Equal(services, overlay.Deployments.Select(d => d.Metadata.Name).Order());
        Assert.Equal(services, overlay.Objects.OfType<V1PodDisruptionBudget>().Select(o => o.Metadata.Name).Order());
        Assert.Equal(
            [.. services, "redis"],
            overlay.Objects.OfType<V1Service>().Select(o => o.Metadata.Name).OrderBy(s => s == "redis").ThenBy(s => s));
        Assert.Equal("redis", Assert.Single(overlay.Objects.OfType<V1StatefulSet>()).Metadata.Name);
        Assert.Equal(_experts, overlay.Experts);
        string[] scaled = [.. ServiceCatalog.Services(_experts).Where(service => service.Kind.RunsNetwork).Select(service => service.Name).Order()];
        Assert.Equal(name == "autoscale" ? scaled : [], overlay.Objects.OfType<V2HorizontalPodAutoscaler>().Select(o => o.Metadata.Name).Order());
        Assert.Equal(name == "keda" ? scaled : [], overlay.Objects.OfType<ScaledObject>().Select(o => o.Metadata.Name).Order());
        Assert.All(overlay.Objects.Where(o => o is not V1Namespace), o => Assert.Equal("medmoe", o.Metadata.NamespaceProperty));
    }

    /// <summary>Templates have their parameters in capitals.</summary>
    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Overlay_HasEveryParameterFilledIn(string name) => Assert.All(
        (await Overlay.Build(name)).Texts, o => Assert.DoesNotMatch(@"\b(CPU|IMAGE|MEMORY|MODALITY|NAME|PROMETHEUS)\b|value: PARTS", o.Value));

    [Theory]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replikas: 2}")]
    [InlineData("apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\nspec: {minReplicas: 2}")]
    public void UnknownField_IsAFault(string yaml) => Assert.ThrowsAny<YamlDotNet.Core.YamlException>(() => Overlay.Read(yaml));

    [Fact]
    public async Task Gpu_NetworksHaveAGpuEachAndTheImageForIt()
    {
        var overlay = await Overlay.Build("gpu");
        foreach (var deployment in overlay.Deployments)
        {
            var container = Assert.Single(deployment.Spec.Template.Spec.Containers);
            var runsNetwork = deployment.Metadata.Labels.TryGetValue(Overlay.RunsLabel, out var runs) && runs == "network";
            Assert.Equal(runsNetwork, container.Image.EndsWith(":cuda", StringComparison.Ordinal));
            Assert.Equal(runsNetwork, container.Resources.Limits.ContainsKey("nvidia.com/gpu"));
            Assert.Equal(runsNetwork, container.Env.Any(e => (e.Name, e.Value) == ("Model__Device", "cuda")));
        }
    }
}
