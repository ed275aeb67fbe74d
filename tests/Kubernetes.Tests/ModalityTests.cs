using System.Text.RegularExpressions;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>A new modality needs only one line, and a folder in the bundle.</summary>
public sealed partial class ModalityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("autoscale", "HorizontalPodAutoscaler")]
    [InlineData("keda", "ScaledObject")]
    [InlineData("cpu", null)]
    public async Task OneLine_AddsAModality_AndChangesNothingElse(string overlay, string? scaler)
    {
        var before = await Overlay.Build(overlay);
        await Overlay.Copy(_folder);
        File.AppendAllText(_folder["modalities", "kustomization.yaml"], "- pet\n");

        var after = await Overlay.Build(overlay, _folder.Path);

        string?[] kinds = ["Certificate", "Deployment", "PodDisruptionBudget", "Service", scaler];
        var added = after.Texts.Where(o => !before.Texts.ContainsKey(o.Key)).ToArray();
        Assert.Equal(kinds.OfType<string>().Select(kind => (kind, "expert-pet")).Order(), added.Select(o => o.Key).Order());
        // Only gateway and router change, and so restart; all other objects stay identical.
        var changed = before.Texts.Where(o => after.Texts[o.Key] != o.Value).Select(o => o.Key);
        Assert.Equal([("ConfigMap", "experts"), ("Deployment", "gateway"), ("Deployment", "router")], changed.Order());
        Assert.Equal(
            [.. before.ExpertSettings, new("Endpoints__Services__expert-pet", "dns:///expert-pet:8080")],
            after.ExpertSettings.OrderBy(s => before.ExpertSettings.ContainsKey(s.Key) ? 0 : 1));
    }

    /// <summary>A custom modality, made only by the steps of the page.</summary>
    [Theory]
    [InlineData("autoscale", "HorizontalPodAutoscaler")]
    [InlineData("keda", "ScaledObject")]
    public async Task Page_AddsAModalityOfOnesOwn(string overlay, string scaler)
    {
        var before = await Overlay.Build(overlay);
        await Overlay.Copy(_folder);
        var written = Page.Write("Add a modality", _folder.Path);
        Assert.Equal(
            ["modalities/dermoscopy/kustomization.yaml", "modalities/dermoscopy/expert/kustomization.yaml", "modalities/kustomization.yaml"],
            written);

        var after = await Overlay.Build(overlay, _folder.Path);

        // Equal to CT's except for the name and the maximum number of replicas.
        string[] kinds = ["Certificate", "Deployment", "PodDisruptionBudget", "Service", scaler];
        Assert.Equal(kinds.Select(kind => (kind, "expert-dermoscopy")).Order(), after.Texts.Keys.Except(before.Texts.Keys).Order());
        Assert.All(kinds, kind => Assert.Equal(
            MaxReplicas().Replace(before.Texts[(kind, "expert-ct")], "$1: 3").Replace("ct", "dermoscopy", StringComparison.Ordinal),
            after.Texts[(kind, "expert-dermoscopy")].Replace("ct", "dermoscopy", StringComparison.Ordinal)));
        Assert.Equal("dns:///expert-dermoscopy:8080", after.ExpertSettings["Endpoints__Services__expert-dermoscopy"]);
    }

    [Fact]
    public async Task EveryModality_NamesItselfAndNoOther()
    {
        await Overlay.Copy(_folder);
        var names = Directory.EnumerateDirectories(_folder["modalities"]).Select(d => Path.GetFileName(d)!).Order().ToArray();
        File.WriteAllText(
            _folder["modalities", "kustomization.yaml"],
            $"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncomponents: [{string.Join(", ", names)}]\n");

        var overlay = await Overlay.Build("keda", _folder.Path);

        Assert.Equal(names, overlay.Experts);
        var targets = overlay.Objects.OfType<ScaledObject>().Select(o => o.Spec.ScaleTargetRef.Name);
        Assert.Equal(names.Select(n => $"expert-{n}"), targets.Where(n => n.StartsWith("expert-", StringComparison.Ordinal)).Order());
        foreach (var name in names)
        {
            Assert.Equal($"dns:///expert-{name}:8080", overlay.ExpertSettings[$"Endpoints__Services__expert-{name}"]);
            var scaled = overlay.Objects.OfType<ScaledObject>().Single(o => o.Metadata.Name == $"expert-{name}");
            Assert.Equal([$"\"expert-{name}\"", $"\"{name}\""], scaled.Spec.Triggers.Select(t => t.Metadata.Query.Split('=')[1].Split('}')[0]));
        }
    }

    [Fact]
    public async Task ExpertThatTheBundleLacks_SaysSoAndEnds()
    {
        var bundle = Path.Combine(Golden.Repository, "services", "libs", "Bundle", "demo");
        var result = await Tool.Run("Expert", $"--Model:Bundle={bundle}", "--Expert:Name=pet", "--Serving:GrpcPort=0", "--Serving:HttpPort=0");
        result.AssertRefused("pet", "xray, ct, mri, ultrasound");
    }

    [GeneratedRegex("(maxReplicas|maxReplicaCount): \\d+")]
    private static partial Regex MaxReplicas();
}
