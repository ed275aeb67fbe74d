using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>The objects of an overlay, built by kubectl and parsed strictly into their types.</summary>
internal sealed partial class Overlay
{
    public const string NameLabel = "app.kubernetes.io/name";
    public const string ExpertLabel = "medmoe.mesh/expert";

    /// <summary>"network" or "router": what network policies and components select pods by.</summary>
    public const string RunsLabel = "medmoe.mesh/runs";

    /// <summary>The container of every service.</summary>
    public const string Container = "service";

    public static readonly string[] Names = ["cpu", "gpu", "autoscale", "keda", "one-node"];

    private static readonly Dictionary<string, Type> _types = new()
    {
        ["keda.sh/v1alpha1/ScaledObject"] = typeof(ScaledObject),
        ["monitoring.coreos.com/v1/PodMonitor"] = typeof(PodMonitor),
        ["gateway.networking.k8s.io/v1/GRPCRoute"] = typeof(GrpcRoute),
        ["gateway.networking.k8s.io/v1/BackendTLSPolicy"] = typeof(BackendTlsPolicy),
        ["cert-manager.io/v1/Certificate"] = typeof(Certificate),
        ["cert-manager.io/v1/Issuer"] = typeof(Issuer),
    };

    private static readonly Lazy<Task<bool>> _kubectlIsNewEnough = new(async () =>
        await Tool.Succeeds(Golden.Repository, ["kubectl", "version", "--client"])
        && KubectlVersion().Match((await Tool.Command(Golden.Repository, ["kubectl", "version", "--client"])).Output) is { Success: true } version
        && int.Parse(version.Groups[1].ValueSpan, CultureInfo.InvariantCulture) >= 29);

    /// <summary>The repository's overlays, each built once for all tests.</summary>
    private static readonly ConcurrentDictionary<string, Lazy<Task<Overlay>>> _built = [];

    private Overlay(IReadOnlyList<IKubernetesObject<V1ObjectMeta>> objects) => Objects = objects;

    /// <summary>The repository's k8s folder.</summary>
    public static string Folder { get; } = Path.Combine(Golden.Repository, "k8s");

    public IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects { get; }

    public IReadOnlyList<V1Deployment> Deployments => [.. Objects.OfType<V1Deployment>()];

    /// <summary>The pods of all workloads.</summary>
    public IReadOnlyList<V1PodSpec> PodSpecs => [.. Deployments.Select(d => d.Spec.Template.Spec)
        .Concat(Objects.OfType<V1StatefulSet>().Select(s => s.Spec.Template.Spec)).Concat(Objects.OfType<V1Job>().Select(j => j.Spec.Template.Spec))];

    /// <summary>Labels of pods, by workload.</summary>
    public IReadOnlyDictionary<string, IDictionary<string, string>> Pods => Deployments
        .Select(d => (d.Metadata.Name, d.Spec.Template.Metadata.Labels))
        .Concat(Objects.OfType<V1StatefulSet>().Select(s => (s.Metadata.Name, s.Spec.Template.Metadata.Labels)))
        .ToDictionary(p => p.Name, p => p.Labels);

    /// <summary>The pods that stay, by workload.</summary>
    public IReadOnlyDictionary<string, V1PodSpec> Serving => Deployments.Select(d => (d.Metadata.Name, d.Spec.Template.Spec))
        .Concat(Objects.OfType<V1StatefulSet>().Select(s => (s.Metadata.Name, s.Spec.Template.Spec))).ToDictionary(p => p.Name, p => p.Spec);

    public IReadOnlyDictionary<string, CertificateSpec> Certificates =>
        Objects.OfType<Certificate>().ToDictionary(c => c.Metadata.Name, c => c.Spec);

    /// <summary>Names of experts, as set in their pods.</summary>
    public IReadOnlyList<string> Experts =>
        [.. Pods.Values.Where(labels => labels.ContainsKey(ExpertLabel)).Select(labels => labels[ExpertLabel]).Order()];

    /// <summary>The settings of experts that gateway and router read.</summary>
    public IDictionary<string, string> ExpertSettings => Map("experts").Data;

    /// <summary>The gateway's file of versions.</summary>
    public string Versions => Map("versions").Data["versions.json"];

    /// <summary>Objects as text, by kind and name; the hash of its content is not part of a map's name.</summary>
    public IReadOnlyDictionary<(string Kind, string Name), string> Texts => Objects.ToDictionary(
        o => (o.Kind, o.Kind == "ConfigMap" ? WithoutHash(o.Metadata.Name) : o.Metadata.Name),
        o => KubernetesYaml.Serialize(o));

    /// <summary>Builds an overlay, or skips the test if kubectl is missing.</summary>
    /// <param name="name">Its folder in overlays.</param>
    /// <param name="folder">The k8s folder; default: the repository's.</param>
    public static async Task<Overlay> Build(string name, string? folder = null)
    {
        await RequireKubectl();
        var overlay = $"overlays/{name}";
        return await (folder is null ? _built.GetOrAdd(name, _ => new(() => Kustomize(overlay, Folder))).Value : Kustomize(overlay, folder));
    }

    /// <summary>Builds any folder with a kustomization, or skips the test if kubectl is missing.</summary>
    public static async Task<Overlay> BuildFolder(string folder)
    {
        await RequireKubectl();
        return await Kustomize(".", folder);
    }

    public static async Task RequireKubectl() =>
        Assert.SkipUnless(await _kubectlIsNewEnough.Value, "needs kubectl 1.29 or newer (https://kubernetes.io/docs/tasks/tools)");

    /// <summary>Builds a user's overlay next to those of the repository.</summary>
    /// <param name="kustomization">Its kustomization.yaml.</param>
    public static async Task<Overlay> BuildOwn(string kustomization)
    {
        using var folder = new TemporaryFolder();
        await Copy(folder);
        Directory.CreateDirectory(folder["overlays", "own"]);
        File.WriteAllText(folder["overlays", "own", "kustomization.yaml"], kustomization);
        return await Build("own", folder.Path);
    }

    /// <summary>Copies the repository's k8s folder, to change it there.</summary>
    public static async Task Copy(TemporaryFolder folder) => Assert.True(await Tool.Succeeds(Folder, ["cp", "-r", ".", folder.Path]));

    /// <exception cref="YamlDotNet.Core.YamlException">A field is unknown, or not of its type.</exception>
    public static Overlay Read(string yaml) =>
        new([.. KubernetesYaml.LoadAllFromString(yaml, _types, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()]);

    public V1Deployment Deployment(string name) => Deployments.Single(d => d.Metadata.Name == name);

    /// <summary>The variables that a container takes from ConfigMaps; of one name the last map's counts.</summary>
    public IReadOnlyDictionary<string, string> SettingsOf(V1Container container) => (container.EnvFrom ?? [])
        .SelectMany(source => Objects.OfType<V1ConfigMap>().Single(map => map.Metadata.Name == source.ConfigMapRef.Name).Data)
        .GroupBy(setting => setting.Key).ToDictionary(of => of.Key, of => of.Last().Value);

    /// <summary>The workloads whose pods match a selector.</summary>
    public IReadOnlyList<string> Matched(IDictionary<string, string>? selector) =>
        [.. Pods.Where(pod => (selector ?? new Dictionary<string, string>())
            .All(label => pod.Value.TryGetValue(label.Key, out var value) && value == label.Value)).Select(pod => pod.Key)];

    private V1ConfigMap Map(string name) => Objects.OfType<V1ConfigMap>().Single(map => WithoutHash(map.Metadata.Name) == name);

    private static string WithoutHash(string name) => Hash().Replace(name, "");

    private static async Task<Overlay> Kustomize(string overlay, string folder)
    {
        var built = await Tool.Command(folder, ["kubectl", "kustomize", overlay]);
        Assert.True(built.ExitCode == 0, built.Error);
        return Read(built.Output);
    }

    [GeneratedRegex("-[a-z0-9]{10}$")]
    private static partial Regex Hash();

    [GeneratedRegex(@"\bv1\.(\d+)")]
    private static partial Regex KubectlVersion();
}
