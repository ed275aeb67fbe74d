using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using k8s.Models;
using MedMoE.Mesh.Backbone;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Expert;
using MedMoE.Mesh.Gateway;
using MedMoE.Mesh.Router;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Serving.Settings;
using MedMoE.Mesh.TextEncoder;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Configuration;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Ports, names and settings of the overlays match the code.</summary>
public sealed class SettingsTests
{
    private static readonly ServingOptions _serving = new();

    /// <summary>Option records by their section.</summary>
    private static readonly Dictionary<string, Type> _sections = new[]
    {
        typeof(BackboneApp), typeof(ExpertApp), typeof(GatewayApp), typeof(RouterApp), typeof(TextEncoderApp),
        typeof(ServingOptions), typeof(CacheOptions),
    }
        .Select(type => type.Assembly).Distinct().SelectMany(assembly => assembly.GetTypes())
        .Select(type => (Type: type, Section: type.GetField("Section", BindingFlags.Static | BindingFlags.Public)?.GetRawConstantValue() as string))
        .Where(t => t.Section is not null).ToDictionary(t => t.Section!, t => t.Type);

    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Settings_OfEveryContainer_AreOptionsOfTheCode(string name) => AssertOptions(await Overlay.Build(name));

    internal static void AssertOptions(Overlay overlay)
    {
        foreach (var deployment in overlay.Deployments)
        {
            var container = deployment.Spec.Template.Spec.Containers[0];
            var settings = (container.Env ?? []).Where(e => e.Name.Contains("__", StringComparison.Ordinal))
                .Select(e => (e.Name, Value: e.Value ?? ValueOf(e.ValueFrom, deployment)))
                .Concat(overlay.SettingsOf(container).Select(s => (Name: s.Key, s.Value)))
                .ToDictionary(s => s.Name.Replace("__", ":", StringComparison.Ordinal), s => (string?)s.Value);
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
            foreach (var section in settings.Keys.Select(key => key.Split(':')[0]).Distinct())
            {
                Assert.True(_sections.TryGetValue(section, out var type), $"{deployment.Metadata.Name}: no options read the section {section}");
                // Throws for unknown options and invalid values.
                Assert.NotNull(configuration.GetSection(section).Get(type, binder => binder.ErrorOnUnknownConfiguration = true));
            }
        }
    }

    /// <summary>The table of services/README.md. A name without a section belongs to the section of the name above.</summary>
    [Fact]
    public void Page_ListsEverySetting_AndNoOther()
    {
        var page = File.ReadAllText(Path.Combine(Golden.Repository, "services", "README.md"));
        var listed = new List<string>();
        var table = page[page.IndexOf("\n## Settings\n", StringComparison.Ordinal)..];
        foreach (var row in table.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            var section = "";
            foreach (var name in Regex.Matches(row.Split('|')[1], "`([^`]+)`").Select(m => m.Groups[1].Value.Split(':')))
            {
                section = name.Length > 1 ? name[0] : section;
                listed.Add($"{section}:{(name.Length > 1 ? name[1] : name[0])}");
            }
        }
        var options = _sections.SelectMany(s => s.Value.GetProperties().Where(p => p.CanWrite).Select(p => $"{s.Key}:{p.Name}"));
        Assert.Equal(options.Order(), listed.Order());
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Ports_AreThoseThatServicesListenOn(string name)
    {
        var overlay = await Overlay.Build(name);
        foreach (var pod in overlay.Deployments.Select(d => d.Spec.Template))
        {
            var container = pod.Spec.Containers.Single(c => c.Name == Overlay.Container);
            Assert.Equal(
                [("grpc", _serving.GrpcPort), ("http", _serving.HttpPort), .. DoorsOf(container)],
                container.Ports.Select(p => (p.Name, p.ContainerPort)));
            Assert.All(
                [container.StartupProbe, container.ReadinessProbe, container.LivenessProbe],
                // The health of the whole process, set by WarmUp and Readiness. The kubelet's own gRPC probes know no TLS.
                probe => Assert.Equal(("/healthz", "http", "HTTPS", null), (
                    probe.HttpGet.Path, probe.HttpGet.Port.Value, probe.HttpGet.Scheme, probe.Grpc)));
        }
        Assert.All(overlay.Objects.OfType<V1Service>().Where(s => s.Metadata.Name != "redis"), service => Assert.Equal(
            [(_serving.GrpcPort, "grpc"), .. DoorsOf(overlay.Serving[service.Metadata.Name].Containers[0]).Select(p => (p.Port, p.Name))],
            service.Spec.Ports.Select(port => (port.Port, port.TargetPort.Value))));
        // Clients reach the gateway's doors, and nobody but Prometheus the metrics.
        Assert.Single(DoorsOf(overlay.Serving["gateway"].Containers[0]));
    }

    /// <summary>The port of doors that a pod's settings name.</summary>
    private static IEnumerable<(string Name, int Port)> DoorsOf(V1Container container) => container.Env
        .Where(variable => variable.Name == "Gateway__DoorPort")
        .Select(variable => ("doors", int.Parse(variable.Value, CultureInfo.InvariantCulture)));

    [Fact]
    public async Task Services_BearTheNamesThatCallersLookUp()
    {
        var overlay = await Overlay.Build("cpu");
        var endpoints = new EndpointOptions
        {
            Services = overlay.ExpertSettings.ToDictionary(s => s.Key["Endpoints__Services__".Length..], s => s.Value),
        };
        Assert.Equal(overlay.Experts, endpoints.Services.Keys.Select(name => MeshService.Find(name)!.Expert).Order());
        foreach (var service in ServiceCatalog.Services(overlay.Experts).Where(service => service.Kind.IsCalled))
        {
            var address = endpoints.AddressOf(service);
            var host = Assert.Single(address.Hosts);
            // Headless: the name's addresses are the replicas.
            var found = overlay.Objects.OfType<V1Service>().Single(s => s.Metadata.Name == host.Host);
            Assert.Equal((true, "None", host.Port), (address.IsName, found.Spec.ClusterIP, found.Spec.Ports[0].Port));
        }
        var redis = overlay.Deployment("router").Spec.Template.Spec.Containers[0].Env.Single(e => e.Name == "Cache__Redis").Value;
        var store = overlay.Objects.OfType<V1Service>().Single(s => s.Metadata.Name == "redis");
        Assert.StartsWith($"{store.Metadata.Name}:{store.Spec.Ports[0].Port},", redis);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Experts_LearnTheirNameFromTheirLabel(string name)
    {
        var overlay = await Overlay.Build(name);
        foreach (var deployment in overlay.Deployments.Where(d => d.Spec.Template.Metadata.Labels.ContainsKey(Overlay.ExpertLabel)))
        {
            var setting = deployment.Spec.Template.Spec.Containers[0].Env.Single(e => e.Name == "Expert__Name");
            Assert.Equal($"expert-{ValueOf(setting.ValueFrom, deployment)}", deployment.Metadata.Name);
        }
    }

    /// <summary>A value provided by the cluster: a pod's label, or a container's limit.</summary>
    private static string ValueOf(V1EnvVarSource source, V1Deployment deployment) =>
        source.FieldRef is { } field
            ? deployment.Spec.Template.Metadata.Labels[field.FieldPath["metadata.labels['".Length..^"']".Length]]
            : deployment.Spec.Template.Spec.Containers[0].Resources.Limits[source.ResourceFieldRef.Resource["limits.".Length..]]
                .ToDecimal().ToString(CultureInfo.InvariantCulture);
}
