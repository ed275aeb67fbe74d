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
        Assert.Equal(
            [
                "candidate", "nodes/gpu", "bundle/claim", "bundle/image-volume", "options/pod-monitor", "options/own-certificates", "options/plain",
                "new-authority", "everybody", "load-balancer", "grpc-route", "ingress", "client-certificates",
            ],
            OwnFolder.Options);

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

    /// <summary>The route stands for the ingress, the claim for the image volume; what takes certificates or callers away is for itself.</summary>
    [Fact]
    public async Task Own_WithAllOptions_IsWhole()
    {
        string[] others = ["ingress", "bundle/image-volume", "options/own-certificates", "options/plain", "everybody"];
        using var own = await OwnFolder.Make([.. OwnFolder.Options.Except(others)]);
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
        Assert.True(options.Ssl);
        Assert.Contains(["--requirepass", "$(REDISCLI_AUTH)"], redis.Args.Skip(1).Chunk(2));
        Assert.Equal(password, Variables(overlay, redis)["REDISCLI_AUTH"]);

        var registry = overlay.Objects.OfType<V1Secret>().Single(s => s.Type == "kubernetes.io/dockerconfigjson");
        Assert.Contains("registry.example.org", Encoding.UTF8.GetString(registry.Data[".dockerconfigjson"]));
        Assert.All(overlay.PodSpecs, pod => Assert.Equal(registry.Metadata.Name, Assert.Single(pod.ImagePullSecrets).Name));
        Assert.Equal(["audit.key", "redis.env", "registry.json"], own.Read(".gitignore").Split('\n', StringSplitOptions.RemoveEmptyEntries));
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
            Assert.Equal((8081, "/metrics", "https"), (port.ContainerPort, endpoint.Path, endpoint.Scheme));
            Assert.Contains(endpoint.TlsConfig!.ServerName, overlay.Certificates[pod.Metadata.Labels[Overlay.NameLabel]].DnsNames);
        }
        var authority = endpoint.TlsConfig!.Ca.Secret;
        Assert.Contains(overlay.Certificates.Values, c => (c.SecretName, "ca.crt") == (authority.Name, authority.Key));
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
        // The proxy speaks TLS to it, and checks a name that its certificate has.
        var policy = Assert.Single(overlay.Objects.OfType<BackendTlsPolicy>()).Spec;
        var target = Assert.Single(policy.TargetRefs);
        Assert.Equal(("", "Service", gateway.Metadata.Name), (target.Group, target.Kind, target.Name));
        Assert.Contains(policy.Validation.Hostname, overlay.Certificates["gateway"].DnsNames);
        var authority = Assert.Single(policy.Validation.CaCertificateRefs);
        Assert.Equal(("", "ConfigMap"), (authority.Group, authority.Kind));
        Assert.Contains($"create configmap {authority.Name} --from-file=ca.crt", Page.Section(OwnFolder.Section));
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
        Assert.Equal("GRPCS", ingress.Metadata.Annotations["nginx.ingress.kubernetes.io/backend-protocol"]);
        Assert.Equal(ingress.Spec.Rules[0].Host, Assert.Single(Assert.Single(ingress.Spec.Tls).Hosts));
        AssertOnlyProxyOf("ingress-nginx", overlay);
    }

    [Fact]
    public async Task LoadBalancer_LeadsToTheGateway_WhichShowsItsPublicCertificate()
    {
        using var own = await OwnFolder.Make("load-balancer", "client-certificates");
        var overlay = await own.Build();
        var service = Assert.Single(overlay.Objects.OfType<V1Service>(), s => s.Spec.Type == "LoadBalancer").Spec;
        Assert.Equal(["gateway"], overlay.Matched(service.Selector));
        Assert.Equal([(443, "grpc"), (8443, "doors")], service.Ports.Select(port => (port.Port, port.TargetPort.Value)));
        var pod = overlay.Deployment("gateway").Spec.Template.Spec;
        CertificateTests.AssertMounted(pod, overlay.Certificates["mesh-tls"].SecretName, "/public");
        CertificateTests.AssertMounted(pod, "client-authority", "/clients");
        var settings = Variables(overlay, pod.Containers[0]);
        Assert.Equal(
            ("/public/tls.crt", "/public/tls.key", "/clients/ca.crt", "/tls/tls.crt"),
            (settings["Tls__PublicCertificate"], settings["Tls__PublicKey"], settings["Tls__ClientAuthority"], settings["Tls__Certificate"]));
    }

    /// <summary>The page's steps to another authority: first everybody trusts both, then the new one signs.</summary>
    [Fact]
    public async Task NewAuthority_IsTrustedBeforeItSigns()
    {
        using var first = await OwnFolder.Make("new-authority");
        using var then = await OwnFolder.Make("new-authority", "new-issuer");
        var (trusting, signing) = (await first.Build(), await then.Build());
        Assert.All([trusting, signing], overlay => Assert.All(overlay.Deployments, deployment =>
        {
            var pod = deployment.Spec.Template.Spec;
            CertificateTests.AssertMounted(pod, "trust", "/trust");
            Assert.Equal("/trust/ca.crt", pod.Containers[0].Env.Single(e => e.Name == "Tls__Authority").Value);
        }));
        static IEnumerable<string> Issuers(Overlay overlay) =>
            overlay.Serving.Keys.Select(name => overlay.Certificates[name].IssuerRef.Name).Distinct();
        Assert.Equal(["mesh"], Issuers(trusting));
        var issuer = signing.Objects.OfType<Issuer>().Single(i => i.Metadata.Name == Assert.Single(Issuers(signing))).Spec;
        var authority = signing.Certificates.Values.Single(c => c.SecretName == issuer.Ca!.SecretName);
        Assert.Equal(("new-authority", true, "self-signed"), (authority.SecretName, authority.IsCA, authority.IssuerRef.Name));
    }

    [Fact]
    public async Task Everybody_NeedsNoKey()
    {
        using var own = await OwnFolder.Make("everybody");
        var settings = (await own.Build()).Deployment("gateway").Spec.Template.Spec.Containers[0].Env.Select(e => e.Name);
        Assert.DoesNotContain(settings, name => name.StartsWith("Access__", StringComparison.Ordinal));
    }

    /// <summary>Pods that run get another list of callers: its Secret's name stays.</summary>
    [Fact]
    public async Task Callers_OfThePage_ReachTheGatewayWithoutARestart()
    {
        using var own = await OwnFolder.Make();
        var before = await own.Build();
        var secret = before.Objects.OfType<V1Secret>().Single(s => s.Data.ContainsKey("callers.json"));
        Assert.Equal("gateway", secret.Metadata.Name);
        Assert.Contains("clinic", Encoding.UTF8.GetString(secret.Data["callers.json"]));
        own.Append("\n", "callers.json");
        var after = await own.Build();
        Assert.NotEqual(before.Texts[("Secret", "gateway")], after.Texts[("Secret", "gateway")]);
        Assert.Equal(before.Texts[("Deployment", "gateway")], after.Texts[("Deployment", "gateway")]);
    }

    /// <summary>A second mesh has nothing in common with the first but its files.</summary>
    [Fact]
    public async Task SecondMesh_IsTheFirstWithAnotherBundle()
    {
        using var own = await OwnFolder.Make("grpc-route");
        var (first, second) = (await own.Build(), await own.BuildSecond("grpc-route"));
        Assert.Equal("medmoe-2", second.Objects.OfType<V1Namespace>().Single().Metadata.Name);
        Assert.All(second.Objects.Where(o => o is not V1Namespace), o => Assert.Equal("medmoe-2", o.Metadata.NamespaceProperty));
        Assert.Contains("gateway.medmoe-2.svc", second.Certificates["gateway"].DnsNames);
        Assert.DoesNotContain("gateway.medmoe.svc", second.Certificates["gateway"].DnsNames);
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
        var networks = (await own.Build()).Deployments.Where(d => d.Metadata.Labels.Contains(new(Overlay.RunsLabel, "network"))).ToArray();
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
