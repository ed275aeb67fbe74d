using System.Text;
using System.Text.RegularExpressions;
using k8s.Models;
using StackExchange.Redis;
using YamlDotNet.RepresentationModel;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>A reader's own overlay, outside the repository, made only by the steps of the page.</summary>
public sealed partial class OwnOverlayTests
{
    private const string Namespace = "medmoe";

    public static TheoryData<string> Options => [.. OwnFolder.Options, "scaling/autoscale", "scaling/keda"];

    [Fact]
    public void EveryExample_NamesItsFile() => Assert.Equal(Page.Examples.All, Page.Examples.Named);

    [Fact]
    public void EveryOption_IsOneOfThePage() =>
        Assert.Equal(["nodes/gpu", "bundle/claim", "bundle/image-volume", "options/pod-monitor", "grpc-route", "ingress"], OwnFolder.Options);

    [Fact]
    public async Task Own_RunsItsOwnExpertsAndNoOther()
    {
        using var own = await OwnFolder.Make();
        var overlay = await own.Build();
        string[] experts = ["ct", "dermoscopy", "xray"];
        Assert.Equal(experts, overlay.Experts);
        Assert.Equal(
            experts.Select(e => ($"Endpoints__Services__expert-{e}", $"dns:///expert-{e}:8080")),
            overlay.ExpertSettings.Select(s => (s.Key, s.Value)).Order());
        Assert.Equal(2, overlay.Deployment("expert-ct").Spec.Replicas);
        Assert.DoesNotContain(overlay.Objects, o => o is V2HorizontalPodAutoscaler or ScaledObject or PodMonitor);
        // Otherwise it is the repository's overlay.
        var cpu = await Overlay.Build("cpu");
        Assert.Equal(
            cpu.Texts.Keys.Where(o => !o.Name.EndsWith("mri", StringComparison.Ordinal) && !o.Name.EndsWith("ultrasound", StringComparison.Ordinal)),
            overlay.Texts.Keys.Where(o => o.Kind != "Secret" && !o.Name.EndsWith("dermoscopy", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Options))]
    public async Task Own_WithEachOption_IsWhole(string option)
    {
        using var own = await OwnFolder.Make(option);
        AssertWhole(await own.Build());
    }

    /// <summary>The ingress stands for the route, the claim for the image volume.</summary>
    [Fact]
    public async Task Own_WithAllOptions_IsWhole()
    {
        using var own = await OwnFolder.Make([.. OwnFolder.Options.Where(option => option is not ("ingress" or "bundle/image-volume"))]);
        AssertWhole(await own.Build());
    }

    /// <summary>What is pushed is what is pulled.</summary>
    [Fact]
    public async Task Images_OfThePage_AreThoseOfTheOverlay()
    {
        using var own = await OwnFolder.Make();
        var containers = (await own.Build()).PodSpecs.SelectMany(pod => pod.Containers.Concat(pod.InitContainers ?? []));
        var commands = Page.Commands("### 2. Images");
        var registry = Assert.Single(commands, c => c.StartsWith("REGISTRY=", StringComparison.Ordinal))["REGISTRY=".Length..];
        var push = Regex.Match(commands[^1], "^for image in ([a-z -]+); do docker push (\\S+); done$");
        var pushed = push.Groups[1].Value.Split(' ').Select(image =>
            push.Groups[2].Value.Replace("$REGISTRY", registry, StringComparison.Ordinal).Replace("$image", image, StringComparison.Ordinal));
        Assert.Equal(pushed.Order(), containers.Select(c => c.Image).Where(image => image != "redis:8.2").Distinct().Order());
        var built = Regex.Matches(string.Join('\n', commands), @"-t \$REGISTRY/(\S+):1").Select(m => m.Groups[1].Value);
        var inTurn = Regex.Match(commands[1], "for service in ([A-Za-z ]+); do").Groups[1].Value.Split(' ');
        Assert.Equal(
            pushed.Order(),
            built.SelectMany(name => name == "${service,,}" ? inTurn.Select(s => s.ToLowerInvariant()) : [name])
                .Select(name => $"{registry}/{name}:1").Order());
    }

    /// <summary>Redis and router get one password, the registry's goes to every pod.</summary>
    [Fact]
    public async Task Secrets_OfThePage_ReachTheirPods()
    {
        using var own = await OwnFolder.Make("bundle/claim");
        var overlay = await own.Build();
        var password = own.Read("redis.env").Trim()["REDIS_PASSWORD=".Length..];
        var router = Variables(overlay, overlay.Deployment("router").Spec.Template.Spec.Containers[0]);
        var redis = overlay.Objects.OfType<V1StatefulSet>().Single().Spec.Template.Spec.Containers[0];
        var options = ConfigurationOptions.Parse(router["Cache__Redis"]);
        Assert.Equal(
            (password, "redis:6379"), (options.Password, Regex.Replace(options.EndPoints.Single().ToString()!, "^Unspecified/", "")));
        Assert.Equal(["--requirepass", "$(REDISCLI_AUTH)"], redis.Args.TakeLast(2));
        Assert.Equal(password, Variables(overlay, redis)["REDISCLI_AUTH"]);

        var registry = overlay.Objects.OfType<V1Secret>().Single(s => s.Type == "kubernetes.io/dockerconfigjson");
        Assert.Contains("registry.example.org", Encoding.UTF8.GetString(registry.Data[".dockerconfigjson"]));
        Assert.All(overlay.PodSpecs, pod => Assert.Equal(registry.Metadata.Name, Assert.Single(pod.ImagePullSecrets).Name));
        Assert.Equal(["redis.env", "registry.json"], own.Read(".gitignore").Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Claim_OfThePage_HasItsModeAndClass()
    {
        using var own = await OwnFolder.Make("bundle/claim");
        var overlay = await own.Build();
        var claim = Assert.Single(overlay.Objects.OfType<V1PersistentVolumeClaim>()).Spec;
        Assert.Equal((["ReadWriteOnce"], "standard"), (claim.AccessModes, claim.StorageClassName), EqualClaims);
        Assert.Equal("registry.example.org/medmoe/bundle:1", overlay.Objects.OfType<V1Job>().Single().Spec.Template.Spec.Containers[0].Image);

        static bool EqualClaims((IList<string> Modes, string Class) a, (IList<string> Modes, string Class) b) =>
            a.Modes.SequenceEqual(b.Modes) && a.Class == b.Class;
    }

    [Fact]
    public async Task DnsCache_OfThePage_IsReached()
    {
        using var own = await OwnFolder.Make();
        var cache = (await own.Build()).Objects.OfType<V1NetworkPolicy>().Single(p => p.Metadata.Name == "allow-dns").Spec.Egress[0];
        Assert.Equal([null, "169.254.20.10/32", "10.96.0.10/32"], cache.To.Select(to => to.IpBlock?.Cidr));
        Assert.Equal(["53", "53"], cache.Ports.Select(port => port.Port.Value));
    }

    /// <summary>The operator finds every service, and its metrics have the label that KEDA's queries select by.</summary>
    [Fact]
    public async Task PodMonitor_FindsTheMetricsOfEveryService()
    {
        using var own = await OwnFolder.Make("options/pod-monitor");
        var overlay = await own.Build();
        var monitor = Assert.Single(overlay.Objects.OfType<PodMonitor>()).Spec;
        var endpoint = Assert.Single(monitor.PodMetricsEndpoints);
        foreach (var pod in overlay.Deployments.Select(d => d.Spec.Template))
        {
            Assert.Contains(pod.Metadata.Labels[Overlay.NameLabel], overlay.Matched(monitor.Selector.MatchLabels));
            var port = Assert.Single(pod.Spec.Containers[0].Ports, p => p.Name == endpoint.Port);
            var annotations = pod.Metadata.Annotations;
            Assert.Equal((annotations["prometheus.io/port"], annotations["prometheus.io/path"]), ($"{port.ContainerPort}", endpoint.Path));
        }
        Assert.Equal([Overlay.NameLabel], monitor.PodTargetLabels);
        var query = (await Overlay.Build("keda")).Objects.OfType<ScaledObject>().First().Spec.Triggers[0].Metadata.Query;
        Assert.Contains($"{{{Regex.Replace(Overlay.NameLabel, "[^a-z]", "_")}=", query);
    }

    [Fact]
    public async Task PrometheusOperator_IsWhereKedaAsks()
    {
        using var own = await OwnFolder.Make("scaling/keda");
        var addresses = (await own.Build()).Objects.OfType<ScaledObject>().SelectMany(o => o.Spec.Triggers).Select(t => t.Metadata.ServerAddress);
        Assert.Equal("http://kube-prometheus-stack-prometheus.monitoring.svc:9090", Assert.Single(addresses.Distinct()));
    }

    [Fact]
    public async Task Autoscaler_HasTheRangeOfThePage()
    {
        using var own = await OwnFolder.Make("scaling/autoscale");
        var scalers = (await own.Build()).Objects.OfType<V2HorizontalPodAutoscaler>().ToDictionary(o => o.Metadata.Name, o => o.Spec.MaxReplicas);
        Assert.Equal((16, 12), (scalers["expert-ct"], scalers["expert-xray"]));
    }

    [Fact]
    public async Task GrpcRoute_LeadsToTheGateway()
    {
        using var own = await OwnFolder.Make("grpc-route");
        var overlay = await own.Build();
        var route = Assert.Single(overlay.Objects.OfType<GrpcRoute>()).Spec;
        var (gateway, backend) = (Gateway(overlay), Assert.Single(Assert.Single(route.Rules).BackendRefs));
        Assert.Equal((gateway.Metadata.Name, gateway.Spec.Ports[0].Port), (backend.Name, backend.Port));
        // Without it a proxy would speak HTTP/1.1 to the gateway.
        Assert.Equal("kubernetes.io/h2c", gateway.Spec.Ports[0].AppProtocol);
        AssertOnlyProxyOf(Assert.Single(route.ParentRefs).Namespace!, overlay);
    }

    [Fact]
    public async Task Ingress_LeadsToTheGatewayOverHttp2()
    {
        using var own = await OwnFolder.Make("ingress");
        var overlay = await own.Build();
        var ingress = Assert.Single(overlay.Objects.OfType<V1Ingress>());
        var (gateway, backend) = (Gateway(overlay), Assert.Single(Assert.Single(ingress.Spec.Rules).Http.Paths).Backend.Service);
        Assert.Equal((gateway.Metadata.Name, gateway.Spec.Ports[0].Name), (backend.Name, backend.Port.Name));
        Assert.Equal("GRPC", ingress.Metadata.Annotations["nginx.ingress.kubernetes.io/backend-protocol"]);
        Assert.Equal(ingress.Spec.Rules[0].Host, Assert.Single(Assert.Single(ingress.Spec.Tls).Hosts));
        AssertOnlyProxyOf("ingress-nginx", overlay);
    }

    /// <summary>A second mesh has nothing in common with the first but its files.</summary>
    [Fact]
    public async Task SecondMesh_IsTheFirstWithAnotherBundle()
    {
        using var own = await OwnFolder.Make("grpc-route");
        var (first, second) = (await own.Build(), await own.BuildSecond("grpc-route"));
        Assert.Equal("medmoe-2", second.Objects.OfType<V1Namespace>().Single().Metadata.Name);
        Assert.All(second.Objects.Where(o => o is not V1Namespace), o => Assert.Equal("medmoe-2", o.Metadata.NamespaceProperty));
        var bundles = second.PodSpecs.SelectMany(pod => pod.InitContainers ?? []).Select(c => c.Image).Distinct();
        Assert.Equal(["registry.example.org/medmoe/bundle:2"], bundles);
        string Text(Overlay overlay, string name) => overlay.Texts[("Deployment", name)]
            .Replace("namespace: medmoe-2", "namespace: medmoe", StringComparison.Ordinal).Replace("bundle:2", "bundle:1", StringComparison.Ordinal);
        Assert.All(first.Deployments.Select(d => d.Metadata.Name), name => Assert.Equal(Text(first, name), Text(second, name)));
        Assert.NotEqual(
            first.Objects.OfType<GrpcRoute>().Single().Spec.Hostnames.Single(), second.Objects.OfType<GrpcRoute>().Single().Spec.Hostnames.Single());
    }

    /// <summary>By default one GPU for each network; by the page's patch a slice of MIG instead.</summary>
    [Fact]
    public async Task Gpus_OfThePage_AreSlicesOrShares()
    {
        using var own = await OwnFolder.Make("nodes/gpu");
        var networks = (await own.Build()).Deployments.Where(d => d.Metadata.Labels.ContainsKey("medmoe.mesh/runs")).ToArray();
        Assert.All(networks, d => Assert.Equal(
            ["nvidia.com/mig-1g.10gb"],
            d.Spec.Template.Spec.Containers[0].Resources.Limits.Keys.Where(k => k.StartsWith("nvidia", StringComparison.Ordinal))));
        // The tag of the reader's build, not "cuda".
        Assert.All(networks, d => Assert.EndsWith(":1", d.Spec.Template.Spec.Containers[0].Image, StringComparison.Ordinal));

        var whole = (await Overlay.Build("gpu")).Deployments.SelectMany(d => d.Spec.Template.Spec.Containers[0].Resources.Limits)
            .Where(limit => limit.Key.StartsWith("nvidia", StringComparison.Ordinal)).ToArray();
        var plugin = (YamlScalarNode)Yaml(own.Read("device-plugin.yaml"))["config"]["map"]["default"];
        var shared = Yaml(plugin.Value!)["sharing"]["timeSlicing"]["resources"][0];
        Assert.Equal(
            (Assert.Single(whole.Select(limit => limit.Key).Distinct()), $"{whole.Length}"), ((string)shared["name"]!, (string)shared["replicas"]!));
    }

    private static YamlNode Yaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return Assert.Single(stream.Documents).RootNode;
    }

    private static V1Service Gateway(Overlay overlay) => overlay.Objects.OfType<V1Service>().Single(s => s.Metadata.Name == "gateway");

    private static void AssertOnlyProxyOf(string proxies, Overlay overlay)
    {
        var rule = Assert.Single(overlay.Objects.OfType<V1NetworkPolicy>().Single(p => p.Metadata.Name == "gateway").Spec.Ingress);
        Assert.Equal(proxies, Assert.Single(rule.FromProperty).NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"]);
        Assert.NotEmpty(Variables(overlay, overlay.Deployment("gateway").Spec.Template.Spec.Containers[0])["Gateway__TrustedProxies"]);
    }

    private static void AssertWhole(Overlay overlay)
    {
        PodTests.AssertRestrictedAndLimited(overlay);
        SettingsTests.AssertOptions(overlay);
        Assert.All(overlay.Objects.Where(o => o is not V1Namespace), o => Assert.Equal(Namespace, o.Metadata.NamespaceProperty));
        // No name of the repository's, which no registry has.
        Assert.DoesNotContain(
            overlay.PodSpecs.SelectMany(pod => pod.Containers.Concat(pod.InitContainers ?? []).Select(c => c.Image)
                .Concat((pod.Volumes ?? []).Where(volume => volume.Image is not null).Select(volume => volume.Image.Reference))),
            image => image.StartsWith("medmoe-mesh/", StringComparison.Ordinal));
        foreach (var container in overlay.PodSpecs.Select(pod => pod.Containers[0]))
        {
            Assert.DoesNotContain(Variables(overlay, container).Values, value => Reference().IsMatch(value));
        }
    }

    /// <summary>Variables as Kubernetes fills them in: $(NAME) only where NAME stands above. Those of the pod itself are left out.</summary>
    private static Dictionary<string, string> Variables(Overlay overlay, V1Container container)
    {
        var known = new Dictionary<string, string>();
        foreach (var variable in (container.Env ?? []).Where(e => e.ValueFrom is null || e.ValueFrom.SecretKeyRef is not null))
        {
            var value = variable.ValueFrom?.SecretKeyRef is { } secret
                ? Encoding.UTF8.GetString(overlay.Objects.OfType<V1Secret>().Single(s => s.Metadata.Name == secret.Name).Data[secret.Key])
                : Reference().Replace(variable.Value, m => known.GetValueOrDefault(m.Groups[1].Value, m.Value));
            known.Add(variable.Name, value);
        }
        return known;
    }

    [GeneratedRegex(@"\$\(([A-Za-z0-9_]+)\)")]
    private static partial Regex Reference();
}
