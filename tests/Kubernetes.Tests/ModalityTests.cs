using k8s;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>A modality more is a line, and a folder in the bundle.</summary>
public sealed class ModalityTests : IDisposable
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
        await Copy();
        File.AppendAllText(_folder["experts", "kustomization.yaml"], "- ../components/pet\n");

        var after = await Overlay.Build(overlay, _folder.Path);

        string?[] kinds = ["Deployment", "PodDisruptionBudget", "Service", scaler];
        var added = Named(after).Where(o => !Named(before).ContainsKey(o.Key)).ToArray();
        Assert.Equal(kinds.OfType<string>().Select(kind => (kind, "expert-pet")).Order(), added.Select(o => o.Key).Order());
        // Gateway and router learn of it, and so start anew; the rest stays as it was, to the letter.
        var changed = Named(before).Where(o => Named(after)[o.Key] != o.Value).Select(o => o.Key);
        Assert.Equal([("ConfigMap", "experts"), ("Deployment", "gateway"), ("Deployment", "router")], changed.Order());
        Assert.Equal([.. before.ExpertSettings, new("Endpoints__Services__expert-pet", "dns:///expert-pet:8080")], after.ExpertSettings.OrderBy(s => before.ExpertSettings.ContainsKey(s.Key) ? 0 : 1));
    }

    [Fact]
    public async Task EveryComponent_NamesItselfAndNoOther()
    {
        await Copy();
        var names = Directory.EnumerateDirectories(_folder["components"]).Select(d => Path.GetFileName(d)!).Order().ToArray();
        File.WriteAllText(
            _folder["experts", "kustomization.yaml"],
            $"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncomponents: [{string.Join(", ", names.Select(n => $"../components/{n}"))}]\n");

        var overlay = await Overlay.Build("keda", _folder.Path);

        Assert.Equal(names, overlay.Experts);
        Assert.Equal(names.Select(n => $"expert-{n}"), overlay.Objects.OfType<ScaledObject>().Select(o => o.Spec.ScaleTargetRef.Name).Where(n => n.StartsWith("expert-", StringComparison.Ordinal)).Order());
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

    /// <summary>Objects as text, by kind and name; the hash of its content is not part of a map's name.</summary>
    private static Dictionary<(string Kind, string Name), string> Named(Overlay overlay) => overlay.Objects.ToDictionary(
        o => (o.Kind, o.Kind == "ConfigMap" ? o.Metadata.Name[..o.Metadata.Name.LastIndexOf('-')] : o.Metadata.Name), o => KubernetesYaml.Serialize(o));

    private async Task Copy() => Assert.True(await Tool.Succeeds(Overlay.Folder, ["cp", "-r", ".", _folder.Path]));
}
