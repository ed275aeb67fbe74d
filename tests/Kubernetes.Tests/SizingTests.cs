using System.Globalization;
using System.Text.RegularExpressions;
using k8s.Models;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>The sums of requests on the page are those of the built overlays.</summary>
public sealed class SizingTests
{
    private const decimal GiB = 1024m * 1024 * 1024;

    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Page_SumsUpTheRequests(string name)
    {
        var overlay = await Overlay.Build(name);
        var ranges = overlay.Objects.OfType<V2HorizontalPodAutoscaler>()
            .Select(o => (o.Spec.ScaleTargetRef.Name, Least: o.Spec.MinReplicas!.Value, Most: o.Spec.MaxReplicas))
            .Concat(overlay.Objects.OfType<ScaledObject>()
                .Select(o => (o.Spec.ScaleTargetRef.Name, Least: o.Spec.MinReplicaCount, Most: o.Spec.MaxReplicaCount)))
            .ToDictionary(r => r.Name, r => (r.Least, r.Most));
        var workloads = overlay.Deployments.Select(d => (d.Metadata.Name, Replicas: d.Spec.Replicas ?? 1, d.Spec.Template.Spec))
            .Concat(overlay.Objects.OfType<V1StatefulSet>().Select(s => (s.Metadata.Name, Replicas: s.Spec.Replicas ?? 1, s.Spec.Template.Spec)))
            .Select(w => (w.Spec.Containers[0].Resources, Range: ranges.GetValueOrDefault(w.Name, (w.Replicas, w.Replicas)))).ToArray();
        var surge = overlay.Deployments.Where(d => d.Spec.Strategy.RollingUpdate.MaxSurge.Value == "1")
            .Select(d => d.Spec.Template.Spec.Containers[0].Resources).ToArray();

        decimal[] sums =
        [
            workloads.Sum(w => w.Range.Item1), workloads.Sum(w => w.Range.Item1 * Of(w.Resources, "cpu")),
            workloads.Sum(w => w.Range.Item1 * Of(w.Resources, "memory")) / GiB,
            workloads.Sum(w => w.Range.Item1 * (w.Resources.Limits.TryGetValue("nvidia.com/gpu", out var gpus) ? gpus.ToDecimal() : 0)),
            workloads.Sum(w => w.Range.Item2), workloads.Sum(w => w.Range.Item2 * Of(w.Resources, "cpu")),
            workloads.Sum(w => w.Range.Item2 * Of(w.Resources, "memory")) / GiB,
            surge.Sum(r => Of(r, "cpu")), surge.Sum(r => Of(r, "memory")) / GiB,
        ];

        var row = Regex.Match(Page.Section("Sizing"), $@"^\| `{name}` \|(.+)\|$", RegexOptions.Multiline).Groups[1].Value.Split('|');
        Assert.Equal(sums, row.Select(cell => decimal.Parse(cell.Replace("GiB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)));

        static decimal Of(V1ResourceRequirements resources, string resource) => resources.Requests[resource].ToDecimal();
    }
}
