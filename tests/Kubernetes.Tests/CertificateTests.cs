using System.Text.RegularExpressions;
using k8s.Models;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Every pod has a certificate of the mesh's authority, and nothing speaks without TLS.</summary>
public sealed partial class CertificateTests
{
    private static readonly string[] _files = ["tls.crt", "tls.key", "ca.crt"];

    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Pods_HaveTheCertificateOfTheirName(string name)
    {
        var overlay = await Overlay.Build(name);
        Assert.Equal([.. overlay.Serving.Keys.Append("authority").Order()], overlay.Certificates.Keys.Order());
        foreach (var (service, pod) in overlay.Serving)
        {
            var certificate = overlay.Certificates[service];
            Assert.Equal(($"tls-{service}", service), (certificate.SecretName, certificate.DnsNames[0]));
            Assert.Equal(service != "redis", certificate.DnsNames.Contains("metrics"));
            Assert.Equal(["client auth", "digital signature", "server auth"], certificate.Usages.Order());
            Assert.Equal(("Always", "PKCS8"), (certificate.PrivateKey!.RotationPolicy, certificate.PrivateKey.Encoding));
            AssertMounted(pod, certificate.SecretName, "/tls");
        }
    }

    /// <summary>From each certificate up to the authority, which signs itself.</summary>
    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Certificates_AreOfTheMeshsAuthority(string name)
    {
        var overlay = await Overlay.Build(name);
        var issuers = overlay.Objects.OfType<Issuer>().ToDictionary(i => i.Metadata.Name, i => i.Spec);
        var authority = overlay.Certificates["authority"];
        Assert.NotNull(issuers[authority.IssuerRef.Name].SelfSigned);
        Assert.Equal(["cert sign", "digital signature"], authority.Usages.Order());
        // Otherwise services would not know each other while the authority is renewed.
        Assert.Equal((true, "Never", "87600h"), (authority.IsCA, authority.PrivateKey!.RotationPolicy, authority.Duration));
        Assert.NotEmpty(authority.CommonName!);
        Assert.All(overlay.Certificates.Where(c => c.Key != "authority"), certificate =>
        {
            Assert.Equal("Issuer", certificate.Value.IssuerRef.Kind);
            Assert.Equal(authority.SecretName, issuers[certificate.Value.IssuerRef.Name].Ca!.SecretName);
            Assert.Null(certificate.Value.IsCA);
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Nothing_SpeaksWithoutTls(string name)
    {
        var overlay = await Overlay.Build(name);
        foreach (var container in overlay.Deployments.Select(d => d.Spec.Template.Spec.Containers.Single()))
        {
            var settings = container.Env.Where(e => e.Name.StartsWith("Tls__", StringComparison.Ordinal)).Select(e => (e.Name, e.Value));
            Assert.Equal(
                [("Tls__Authority", "/tls/ca.crt"), ("Tls__Certificate", "/tls/tls.crt"), ("Tls__Key", "/tls/tls.key")],
                settings.Order());
            Assert.DoesNotContain(container.Env, e => e.Value?.Contains("http://", StringComparison.Ordinal) == true);
        }
        Assert.All(overlay.Objects.OfType<V1Service>().SelectMany(s => s.Spec.Ports), port => Assert.Null(port.AppProtocol));
        // A scrape by these would be without TLS.
        Assert.All(overlay.Deployments, d => Assert.DoesNotContain(
            d.Spec.Template.Metadata.Annotations ?? new Dictionary<string, string>(),
            annotation => annotation.Key.StartsWith("prometheus.io/", StringComparison.Ordinal)));
        var redis = overlay.Serving["redis"].Containers.Single().Args.Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Equal(("0", "6379", "yes"), (redis["--port"], redis["--tls-port"], redis["--tls-auth-clients"]));
        Assert.Equal(
            _files.Select(f => $"/tls/{f}"), [redis["--tls-cert-file"], redis["--tls-key-file"], redis["--tls-ca-cert-file"]]);
        var router = overlay.Deployment("router").Spec.Template.Spec.Containers[0].Env.Single(e => e.Name == "Cache__Redis").Value;
        Assert.Contains(",ssl=true,", router);
    }

    /// <summary>Clients in the cluster, and those behind a port-forward.</summary>
    [Fact]
    public async Task Gateway_HasTheNamesThatItsClientsUse()
    {
        var overlay = await Overlay.Build("cpu");
        var (names, space) = (overlay.Certificates["gateway"], overlay.Objects.OfType<V1Namespace>().Single().Metadata.Name);
        string[] expected = ["gateway", "metrics", $"gateway.{space}.svc", $"gateway.{space}.svc.cluster.local", "localhost"];
        Assert.Equal(expected, names.DnsNames);
        Assert.Equal(["127.0.0.1"], names.IpAddresses);
    }

    [Fact]
    public async Task Gateway_KnowsItsCallersAndWritesTheAudit()
    {
        var pod = (await Overlay.Build("cpu")).Deployment("gateway").Spec.Template.Spec;
        AssertMounted(pod, "gateway", "/secrets");
        var settings = pod.Containers[0].Env.ToDictionary(e => e.Name, e => e.Value);
        Assert.Equal(
            ("/secrets/callers.json", "-", "/secrets/audit.key"),
            (settings["Access__Callers"], settings["Audit__File"], settings["Audit__HashKey"]));
    }

    /// <summary>Names with more than one hyphen: a template's name is put in behind the first one.</summary>
    [Fact]
    public async Task Names_WithHyphens_AreWhole()
    {
        using var folder = new TemporaryFolder();
        await Overlay.Copy(folder);
        Page.Write("Add a capability", folder.Path);
        Page.Write("Add a modality", folder.Path);
        foreach (var (file, name, longer) in new[]
        {
            ("capabilities/segmentation/kustomization.yaml", "name=segmentation", "name=lung-lobe-segmentation"),
            ("modalities/dermoscopy/expert/kustomization.yaml", "modality=dermoscopy", "modality=whole-body-dermoscopy"),
        })
        {
            var text = File.ReadAllText(folder[file]);
            Assert.Contains(name, text);
            File.WriteAllText(folder[file], text.Replace(name, longer, StringComparison.Ordinal));
        }
        var overlay = await Overlay.Build("cpu", folder.Path);
        Assert.All(["text-encoder", "lung-lobe-segmentation", "expert-whole-body-dermoscopy"], name =>
        {
            Assert.Equal(($"tls-{name}", name), (overlay.Certificates[name].SecretName, overlay.Certificates[name].DnsNames[0]));
            AssertMounted(overlay.Serving[name], $"tls-{name}", "/tls");
        });
    }

    /// <summary>Pods wait for a Secret that nobody makes.</summary>
    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Secrets_OfPods_AreMadeByCertManagerOrByThePage(string name)
    {
        var overlay = await Overlay.Build(name);
        var made = overlay.Certificates.Values.Select(c => c.SecretName);
        Assert.Equal(["gateway", "redis"], SecretsOf(overlay).Except(made).Order());
        Assert.Empty(overlay.Objects.OfType<V1Secret>());
        var typed = string.Join('\n', Page.Commands("First run"));
        Assert.All(["gateway", "redis"], secret => Assert.Contains($"create secret generic {secret} ", typed));
    }

    /// <summary>The commands of the page make Secrets with the files and variables that pods read.</summary>
    [Fact]
    public async Task Secrets_OfTheFirstRun_HaveWhatPodsRead()
    {
        await Overlay.RequireKubectl();
        using var folder = new TemporaryFolder();
        OwnFolder.PutMesh(folder["mesh"]);
        var made = new List<V1Secret>();
        foreach (var command in Page.Commands("First run"))
        {
            if (Made().IsMatch(command))
            {
                made.Add((V1Secret)Overlay.Read(await Typed(folder.Path, $"{command} --dry-run=client -o yaml")).Objects.Single());
            }
            else if (Local().IsMatch(command))
            {
                await Typed(folder.Path, command);
            }
        }
        var overlay = await Overlay.Build("one-node");
        var files = overlay.Deployment("gateway").Spec.Template.Spec.Containers[0].Env
            .Select(e => e.Value).Where(v => v?.StartsWith("/secrets/", StringComparison.Ordinal) == true).Select(v => v["/secrets/".Length..]);
        var variables = overlay.Serving["redis"].Containers[0].Env.Select(e => e.ValueFrom.SecretKeyRef.Key);
        Assert.Equal(files.Order(), made.Single(s => s.Metadata.Name == "gateway").Data.Keys.Order());
        Assert.Equal(variables, made.Single(s => s.Metadata.Name == "redis").Data.Keys);
        Assert.All(made, secret => Assert.Equal("medmoe", secret.Metadata.NamespaceProperty));
        Assert.Equal(32, made.Single(s => s.Metadata.Name == "gateway").Data["audit.key"].Length);
        // Only there.
        Assert.Matches(@"^\S{20,}\n$", File.ReadAllText(folder["clinic.key"]));
    }

    [Fact]
    public async Task OwnCertificates_LeavesOnlyTheirSecretsToMake()
    {
        var (cpu, own) = (await Overlay.Build("cpu"), await Overlay.BuildOwn("resources: [../cpu]\ncomponents: [../../options/own-certificates]\n"));
        Assert.DoesNotContain(own.Objects, o => o is Certificate or Issuer);
        Assert.Equal(cpu.Texts.Where(o => o.Key.Kind is not ("Certificate" or "Issuer")), own.Texts);
    }

    [Fact]
    public async Task Plain_HasNoTlsAtAll_AndKeepsTheRest()
    {
        var plain = await Overlay.BuildOwn("resources: [../cpu]\ncomponents: [../../options/pod-monitor, ../../options/plain]\n");
        Assert.DoesNotContain(plain.Objects, o => o is Certificate or Issuer);
        Assert.Equal(["gateway", "redis"], SecretsOf(plain).Order());
        Assert.All(plain.Texts, o => Assert.DoesNotMatch("(?i)tls|https|ssl", o.Value));
        foreach (var deployment in plain.Deployments)
        {
            var container = deployment.Spec.Template.Spec.Containers.Single();
            Assert.All([container.StartupProbe, container.ReadinessProbe, container.LivenessProbe], probe =>
            {
                Assert.Equal((8080, null), (probe.Grpc.Port, probe.Grpc.Service));
                Assert.Null(probe.HttpGet);
            });
            Assert.Equal("8081", deployment.Spec.Template.Metadata.Annotations["prometheus.io/port"]);
        }
        Assert.All(
            plain.Objects.OfType<V1Service>().Where(s => s.Metadata.Name != "redis"),
            service => Assert.All(service.Spec.Ports, port => Assert.Equal(port.Name == "grpc" ? "kubernetes.io/h2c" : null, port.AppProtocol)));
        // What is not TLS is that of the default.
        var cpu = await Overlay.Build("cpu");
        var (before, after) = (cpu.Serving["redis"].Containers.Single(), plain.Serving["redis"].Containers.Single());
        Assert.Equal(
            before.Args.Skip(1).Chunk(2).Where(pair => !pair[0].Contains("tls", StringComparison.Ordinal) && pair[0] != "--port"),
            after.Args.Skip(1).Chunk(2));
        Assert.Equal(before.ReadinessProbe.Exec.Command, after.LivenessProbe.Exec.Command);
        Assert.Equal(before.LivenessProbe.FailureThreshold, after.LivenessProbe.FailureThreshold);
        var router = plain.Deployment("router").Spec.Template.Spec.Containers[0].Env.Select(e => e.Name).ToList();
        // Kubernetes puts a variable's value only into those after it.
        Assert.InRange(router.IndexOf("REDIS_PASSWORD"), 0, router.IndexOf("Cache__Redis") - 1);
        Assert.Contains(plain.Deployment("gateway").Spec.Template.Spec.Containers[0].Env, e => e.Name == "Access__Callers");
        PodTests.AssertRestrictedAndLimited(plain);
        SettingsTests.AssertOptions(plain);
    }

    internal static void AssertMounted(V1PodSpec pod, string secret, string folder)
    {
        var volume = Assert.Single(pod.Volumes, v => v.Secret?.SecretName == secret);
        var mount = Assert.Single(pod.Containers.Single().VolumeMounts, m => m.Name == volume.Name);
        // A mount of a single file would not be exchanged.
        Assert.Equal((folder, true, null), (mount.MountPath, mount.ReadOnlyProperty, mount.SubPath));
        // Of root, and of the pod's group.
        Assert.Equal((Convert.ToInt32("440", 8), pod.SecurityContext.RunAsGroup), (volume.Secret.DefaultMode, pod.SecurityContext.FsGroup));
    }

    private static IEnumerable<string> SecretsOf(Overlay overlay) => overlay.Serving.Values.SelectMany(pod =>
        pod.Volumes.Select(v => v.Secret?.SecretName)
            .Concat(pod.Containers.SelectMany(c => c.Env ?? []).Select(e => e.ValueFrom?.SecretKeyRef?.Name))).OfType<string>().Distinct();

    private static async Task<string> Typed(string folder, string command)
    {
        var typed = await ServicesUnderTest.Tool.Command(folder, ["bash", "-c", command]);
        typed.AssertSucceeded();
        return typed.Output;
    }

    [GeneratedRegex("^kubectl .*create secret ")]
    private static partial Regex Made();

    /// <summary>Commands that need neither a cluster nor Docker.</summary>
    [GeneratedRegex("^(\\./mesh key|head|echo) ")]
    private static partial Regex Local();
}
