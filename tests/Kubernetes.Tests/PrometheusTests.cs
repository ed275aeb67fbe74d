using System.Text.RegularExpressions;
using k8s.Models;
using MedMoE.Mesh.ServicesUnderTest;
using YamlDotNet.RepresentationModel;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>The values for Prometheus's Helm chart: its job asks every pod, and its labels are those that the autoscalers read.</summary>
public sealed class PrometheusTests
{
    private readonly YamlNode _values = Yaml(File.ReadAllText(Path.Combine(Overlay.Folder, "scaling", "prometheus.yaml")));

    private string Jobs => (string)_values["extraScrapeConfigs"]!;

    private YamlNode Job => Assert.Single((YamlSequenceNode)Yaml(Jobs));

    [Fact]
    public async Task Job_IsOneOfPrometheus()
    {
        using var folder = new TemporaryFolder();
        // Debian builds Prometheus without its discovery of pods.
        File.WriteAllText(folder["pods.yml"], "scrape_configs: [{ job_name: pods, kubernetes_sd_configs: [{ role: pod }] }]");
        Assert.SkipUnless(
            await Tool.Succeeds(folder.Path, ["promtool", "check", "config", "pods.yml"]),
            "needs a promtool that knows kubernetes_sd_configs (Debian's does not; prometheus.io's does)");
        using var authority = new TestAuthority();
        var mounted = (string)Job["tls_config"]["ca_file"]!;
        Assert.Contains(mounted, Jobs);
        File.WriteAllText(folder["prometheus.yml"], $"scrape_configs:\n{Jobs.Replace(mounted, authority.Path, StringComparison.Ordinal)}");
        var result = await Tool.Command(folder.Path, ["promtool", "check", "config", "prometheus.yml"]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("autoscale")]
    [InlineData("keda")]
    public async Task Job_AsksEveryPodByTheNameThatItsCertificateHas(string name)
    {
        var overlay = await Overlay.Build(name);
        Assert.Equal("https", (string)Job["scheme"]!);
        var asked = (string)Job["tls_config"]["server_name"]!;
        Assert.All(overlay.Deployments, d => Assert.Contains(asked, overlay.Certificates[d.Metadata.Name].DnsNames));
        Assert.Equal(
            [overlay.Objects.OfType<V1Namespace>().Single().Metadata.Name],
            ((YamlSequenceNode)Job["kubernetes_sd_configs"][0]["namespaces"]["names"]).Select(n => (string)n!));

        var found = Targets(overlay).Select(Relabel).OfType<Dictionary<string, string>>().ToArray();

        Assert.Equal(overlay.Deployments.Select(d => (d.Metadata.Name, "8081")).Order(), found.Select(t => (t["pod"], t["port"])).Order());
        // Labels of the queries of KEDA and of Prometheus Adapter.
        Assert.All(found, target => Assert.Equal(
            ("medmoe", target["pod"]), (target["namespace"], target[Regex.Replace(Overlay.NameLabel, "[^a-z]", "_")])));
    }

    /// <summary>The authority comes from the ConfigMap that the page's command makes.</summary>
    [Fact]
    public async Task Authority_IsMountedWhereTheJobReadsIt()
    {
        await Overlay.RequireKubectl();
        var mount = _values["server"]["extraConfigmapMounts"][0];
        var command = Assert.Single(Page.Commands("### 9. Metrics"), c => c.Contains("create configmap", StringComparison.Ordinal));
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["ca.crt"], "");
        var typed = await Tool.Command(folder.Path, ["bash", "-c", $"{command} --dry-run=client -o yaml"]);
        typed.AssertSucceeded();
        var map = (V1ConfigMap)Overlay.Read(typed.Output).Objects.Single();
        Assert.Equal(((string)mount["configMap"]!, "monitoring"), (map.Metadata.Name, map.Metadata.NamespaceProperty));
        Assert.Equal((string)Job["tls_config"]["ca_file"]!, $"{(string)mount["mountPath"]!}/{Assert.Single(map.Data.Keys)}");
        Assert.Contains("k8s/scaling/prometheus.yaml", Page.Section("### 9. Metrics"));
    }

    private static YamlNode Yaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return Assert.Single(stream.Documents).RootNode;
    }

    /// <summary>Each port of each container, as Prometheus discovers pods, without those of init containers, which have none.</summary>
    private static IEnumerable<Dictionary<string, string>> Targets(Overlay overlay) => overlay.Serving.SelectMany(pod =>
        new[] { "Running", "Pending" }.SelectMany(phase => pod.Value.Containers.Single().Ports.Select(port =>
            overlay.Pods[pod.Key].ToDictionary(l => $"__meta_kubernetes_pod_label_{Regex.Replace(l.Key, "[^a-zA-Z0-9]", "_")}", l => l.Value)
                .Append(new("__meta_kubernetes_namespace", "medmoe")).Append(new("__meta_kubernetes_pod_name", pod.Key))
                .Append(new("__meta_kubernetes_pod_phase", phase)).Append(new("__meta_kubernetes_pod_container_port_name", port.Name))
                .Append(new("port", $"{port.ContainerPort}")).ToDictionary())));

    /// <summary>Prometheus's relabelling, as far as the job uses it; null for a target that is dropped.</summary>
    private Dictionary<string, string>? Relabel(Dictionary<string, string> target)
    {
        foreach (var step in ((YamlSequenceNode)Job["relabel_configs"]).Cast<YamlMappingNode>())
        {
            string? Of(string name) => step.Children.TryGetValue(name, out var value) ? (string?)value : null;
            var source = string.Join(';', ((YamlSequenceNode)step["source_labels"]).Select(l => target.GetValueOrDefault((string)l!, "")));
            var matches = Regex.IsMatch(source, $"^(?:{Of("regex") ?? "(.*)"})$");
            switch (Of("action") ?? "replace")
            {
                case "keep" when !matches:
                case "drop" when matches:
                    return null;
                case "replace":
                    target[Of("target_label")!] = source;
                    break;
            }
        }
        return target;
    }
}
