using System.Text.RegularExpressions;
using k8s.Models;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.Wire.Catalog;
using Microsoft.Extensions.Configuration;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>The page's second version of the model, beside the one that serves.</summary>
public sealed partial class CandidateTests
{
    private const string Suffix = "-candidate";
    private const decimal GiB = 1024m * 1024 * 1024;

    /// <summary>The page's files of versions, in their order.</summary>
    private static readonly string[] _states = ["deploy", "weight", "shadow", "promotion", "end"];

    [Fact]
    public async Task Candidate_IsOneRouterAndItsExpert_AndChangesTheVersionsAlone()
    {
        using var own = await OwnFolder.Make("scaling/autoscale");
        var before = await own.Build();
        own.Choose("candidate");
        var after = await own.Build();

        string[] kinds = ["Certificate", "Deployment", "PodDisruptionBudget", "Service"];
        Assert.Equal(
            [
                ("ConfigMap", "candidate"), ("HorizontalPodAutoscaler", "expert-ct-candidate"),
                .. new[] { "expert-ct-candidate", "router-candidate" }.SelectMany(name => kinds.Select(kind => (kind, name))).Order(),
            ],
            after.Texts.Keys.Except(before.Texts.Keys).OrderBy(o => kinds.Contains(o.Kind)).ThenBy(o => o));
        // No pod restarts.
        Assert.Equal([("ConfigMap", "versions")], before.Texts.Where(o => after.Texts[o.Key] != o.Value).Select(o => o.Key));

        Assert.All(["router", "expert-ct"], name => Assert.All(["Deployment", "PodDisruptionBudget", "Service"], kind => Assert.Equal(
            before.Texts[(kind, name)], AsPresent(after, kind, name).Replace("medmoe/bundle:2", "medmoe/bundle:1", StringComparison.Ordinal))));
        Assert.Contains("registry.example.org/medmoe/bundle:2", after.Texts[("Deployment", "router-candidate")]);
    }

    /// <summary>Whatever parts of the bundle are new.</summary>
    [Fact]
    public async Task EveryService_AsACandidates_IsThePresentOneButForItsNameAndBundle()
    {
        string[] names = ["router", "backbone", "text-encoder"];
        const string kustomization = "configMapGenerator: [{name: candidate, literals: []}]\n";
        var overlay = await Overlay.BuildOwn(
            $"namespace: medmoe\nresources: [../cpu, {string.Join(", ", names.Select(name => $"../../candidate/{name}"))}]\n{kustomization}");
        var (cpu, autoscale, keda) = (await Overlay.Build("cpu"), await Overlay.Build("autoscale"), await Overlay.Build("keda"));
        Assert.All(names, name => Assert.All(["Deployment", "PodDisruptionBudget", "Service"], kind => Assert.Equal(
            cpu.Texts[(kind, name)], AsPresent(overlay, kind, name).Replace("medmoe-mesh/bundle-candidate", "medmoe-mesh/bundle"))));
        Assert.All(names[1..], name =>
        {
            Assert.Equal(autoscale.Texts[("HorizontalPodAutoscaler", name)], AsPresent(overlay, "HorizontalPodAutoscaler", name));
            Assert.Equal(keda.Texts[("ScaledObject", name)], AsPresent(overlay, "ScaledObject", name));
        });
        AssertNamesOfCertificates(overlay);
    }

    [Fact]
    public async Task Certificates_HaveTheNamesThatCallersCheck()
    {
        using var own = await OwnFolder.Make("candidate");
        var overlay = await own.Build();
        AssertNamesOfCertificates(overlay);
        Assert.All(Candidates(overlay), d => CertificateTests.AssertMounted(d.Spec.Template.Spec, $"tls-{d.Metadata.Name}", "/tls"));
    }

    [Fact]
    public async Task Selectors_MatchTheirOwnPodsAlone()
    {
        using var own = await OwnFolder.Make("candidate");
        SelectorTests.AssertOwn(await own.Build());
    }

    [Fact]
    public async Task NetworkPolicies_LetBothRoutersCallEveryNetwork_AndNobodyElse()
    {
        using var own = await OwnFolder.Make("candidate");
        var overlay = await own.Build();
        SelectorTests.AssertHops(
            overlay, ["router", "router-candidate"],
            ["backbone", "text-encoder", "expert-xray", "expert-ct", "expert-dermoscopy", "expert-ct-candidate"]);
    }

    /// <summary>Its own expert, and what it shares: the last map of variables counts.</summary>
    [Fact]
    public async Task Router_CallsItsOwnExpert_AndSharesTheRest()
    {
        using var own = await OwnFolder.Make("candidate");
        var overlay = await own.Build();
        Dictionary<string, string> ServicesOf(string router) =>
            overlay.SettingsOf(overlay.Deployment(router).Spec.Template.Spec.Containers[0])
                .ToDictionary(s => s.Key["Endpoints__Services__".Length..], s => s.Value);
        var shared = ServicesOf("router");
        Assert.Equal(["expert-ct", "expert-dermoscopy", "expert-xray"], shared.Keys.Order());
        Assert.Equal(
            new Dictionary<string, string>(shared) { ["expert-ct"] = "dns:///expert-ct-candidate:8080" }, ServicesOf("router-candidate"));
    }

    /// <summary>Each is accepted by the gateway's own checks, and leads to services that the overlay has.</summary>
    [Fact]
    public async Task Versions_OfThePage_LeadToTheCandidatesServices()
    {
        var states = new List<EndpointOptions>();
        foreach (var state in _states)
        {
            using var own = await OwnFolder.Make("candidate", state);
            var overlay = await own.Build();
            using var file = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(overlay.Versions));
            var options = new ConfigurationBuilder().AddJsonStream(file).Build().GetSection(EndpointOptions.Section)
                .Get<EndpointOptions>(binder => binder.ErrorOnUnknownConfiguration = true)!;
            CandidateOptions.Require(options);
            Assert.All(options.Services.Concat(options.Candidates.SelectMany(candidate => candidate.Services)), service =>
            {
                Assert.Equal($"dns:///{service.Key}{Suffix}:8080", service.Value);
                Assert.Contains(Candidates(overlay), d => d.Metadata.Name == $"{service.Key}{Suffix}");
            });
            states.Add(options);
        }
        var (deployed, promoted, ended) = (states[0].Candidates.Single(), states[3], states[4]);
        Assert.Equal([(0, false), (10, false), (0, true)], states[..3].Select(s => s.Candidates.Single()).Select(c => ((int)c.Weight, c.Shadow)));
        Assert.All(states[..3], s => Assert.Equal((states[0].Version, deployed.Version), (s.Version, s.Candidates.Single().Version)));
        Assert.Equal((deployed.Version, 0), (promoted.Version, promoted.Candidates.Count));
        Assert.Equal(deployed.Services.OrderBy(s => s.Key), promoted.Services.OrderBy(s => s.Key));
        Assert.Equal((deployed.Version, 0, 0), (ended.Version, ended.Services.Count, ended.Candidates.Count));
    }

    /// <summary>A volume with the bundle has that of the present version.</summary>
    [Theory]
    [InlineData("bundle/claim")]
    [InlineData("bundle/image-volume")]
    public async Task Bundle_IsTheCandidatesOwn_WhateverTheWayOfTheOther(string option)
    {
        using var own = await OwnFolder.Make("candidate", option);
        var overlay = await own.Build();
        Assert.All(Candidates(overlay), d =>
        {
            var pod = d.Spec.Template.Spec;
            Assert.Equal("registry.example.org/medmoe/bundle:2", Assert.Single(pod.InitContainers).Image);
            Assert.NotNull(pod.Volumes.Single(v => v.Name == "bundle").EmptyDir);
        });
    }

    [Fact]
    public async Task Keda_WakesItsExpertByTheCallsOfItsOwnRouter()
    {
        using var own = await OwnFolder.Make("candidate", "scaling/keda");
        var overlay = await own.Build();
        var scaled = overlay.Objects.OfType<ScaledObject>().ToDictionary(o => o.Metadata.Name, o => o.Spec);
        Assert.Equal(
            [
                "sum(medmoe_requests{app_kubernetes_io_name=\"expert-ct-candidate\"})",
                "sum(rate(medmoe_expert_requests_total{expert=\"ct\",app_kubernetes_io_name=\"router-candidate\"}[3m]))",
            ],
            scaled["expert-ct-candidate"].Triggers.Select(t => t.Metadata.Query));
        Assert.Equal("expert-ct-candidate", scaled["expert-ct-candidate"].ScaleTargetRef.Name);
        // Those that both share count the calls of both.
        Assert.DoesNotContain("app_kubernetes_io_name", scaled["expert-xray"].Triggers[1].Metadata.Query);
        Assert.All(["router", "router-candidate"], name => Assert.Contains(
            overlay.Deployment(name).Spec.Template.Spec.Containers[0].Env, e => (e.Name, e.Value) == ("Router__WakeTimeout", "00:03:00")));
    }

    [Fact]
    public async Task Plain_HasNoTlsAtAll()
    {
        using var own = await OwnFolder.Make("candidate", "options/plain");
        var overlay = await own.Build();
        Assert.All(Candidates(overlay), d => Assert.DoesNotMatch("(?i)tls|https|ssl", overlay.Texts[("Deployment", d.Metadata.Name)]));
    }

    [Fact]
    public async Task Page_SaysWhatItCosts_AndDeletesAllOfIt()
    {
        using var own = await OwnFolder.Make("candidate", "scaling/autoscale");
        var overlay = await own.Build();
        var (text, command) = (Page.Section("Versions"), Page.Commands("Versions").Single(c => c.Contains(" delete ", StringComparison.Ordinal)));
        var found = overlay.Objects.Where(o => o.Metadata.Labels?.Contains(new("medmoe.mesh/version", "candidate")) == true);
        Assert.Equal(
            overlay.Objects.Where(o => o.Metadata.Name.Contains("candidate", StringComparison.Ordinal)).Select(o => o.Metadata.Name).Order(),
            found.Select(o => o.Metadata.Name).Order());
        Assert.EndsWith(" -l medmoe.mesh/version=candidate", command);
        var kinds = Regex.Match(command, " delete ([a-z,]+) ").Groups[1].Value.Split(',');
        Assert.Equal(found.Select(o => o.Kind.ToLowerInvariant()).Distinct().Order(), kinds.Order());

        var pods = Candidates(overlay)
            .SelectMany(d => Enumerable.Repeat(d.Spec.Template.Spec.Containers[0].Resources.Requests, d.Spec.Replicas ?? 1)).ToArray();
        Assert.Contains(
            $"{pods.Length} pods, {pods.Sum(p => p["cpu"].ToDecimal()):0} processors and {pods.Sum(p => p["memory"].ToDecimal()) / GiB:0} GiB,",
            text.Replace('\n', ' '));
    }

    private static IEnumerable<V1Deployment> Candidates(Overlay overlay) =>
        overlay.Deployments.Where(d => d.Metadata.Name.EndsWith(Suffix, StringComparison.Ordinal));

    private static void AssertNamesOfCertificates(Overlay overlay)
    {
        Assert.NotEmpty(Candidates(overlay));
        Assert.All(Candidates(overlay).Select(d => d.Metadata.Name), name =>
        {
            var service = MeshService.Find(name[..^Suffix.Length]);
            Assert.NotNull(service);
            Assert.Equal([name, "metrics", service.Name], overlay.Certificates[name].DnsNames);
        });
    }

    /// <summary>An object of the candidate's, without what only such have.</summary>
    private static string AsPresent(Overlay overlay, string kind, string name) => Own().Replace(
        overlay.Texts[(kind, $"{name}{Suffix}")].Replace($"{name}{Suffix}", name, StringComparison.Ordinal), "");

    /// <summary>The label, and the router's map of its own services.</summary>
    [GeneratedRegex(@"^ *medmoe\.mesh/version: candidate\n|^ *- configMapRef:\n *name: candidate-\w+\n", RegexOptions.Multiline)]
    private static partial Regex Own();
}
