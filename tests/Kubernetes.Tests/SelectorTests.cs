using k8s.Models;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Selectors match exactly the intended pods.</summary>
public sealed class SelectorTests
{
    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Selectors_MatchTheirOwnPodsAlone(string name) => AssertOwn(await Overlay.Build(name));

    internal static void AssertOwn(Overlay overlay)
    {
        Assert.All(overlay.Deployments, o => Assert.Equal([o.Metadata.Name], overlay.Matched(o.Spec.Selector.MatchLabels)));
        Assert.All(overlay.Objects.OfType<V1StatefulSet>(), o => Assert.Equal([o.Metadata.Name], overlay.Matched(o.Spec.Selector.MatchLabels)));
        Assert.All(overlay.Objects.OfType<V1Service>(), o => Assert.Equal([o.Metadata.Name], overlay.Matched(o.Spec.Selector)));
        Assert.All(
            overlay.Objects.OfType<V1PodDisruptionBudget>(), o => Assert.Equal([o.Metadata.Name], overlay.Matched(o.Spec.Selector.MatchLabels)));
        foreach (var (deployment, spread) in overlay.Deployments.SelectMany(d => d.Spec.Template.Spec.TopologySpreadConstraints.Select(s => (d, s))))
        {
            Assert.Contains(deployment.Metadata.Name, overlay.Matched(spread.LabelSelector.MatchLabels));
            // Kubernetes refuses a key in both.
            Assert.Empty(spread.MatchLabelKeys.Intersect(spread.LabelSelector.MatchLabels.Keys));
        }
        Assert.All(overlay.Objects.OfType<V2HorizontalPodAutoscaler>(), o => Assert.NotNull(overlay.Deployment(o.Spec.ScaleTargetRef.Name)));
        Assert.All(overlay.Objects.OfType<ScaledObject>(), o => Assert.NotNull(overlay.Deployment(o.Spec.ScaleTargetRef.Name)));
    }

    /// <summary>Allowed calls, and no others: gateway → router → backbone, text encoder, experts, Redis; also gateway → networks.</summary>
    [Fact]
    public async Task NetworkPolicies_LetCallersThrough_AndNobodyElse()
    {
        var overlay = await Overlay.Build("cpu");
        string[] networks = [.. ServiceCatalog.Services(overlay.Experts).Where(service => service.Kind.RunsNetwork).Select(service => service.Name)];
        AssertHops(overlay, ["router"], networks);
    }

    internal static void AssertHops(Overlay overlay, string[] routers, string[] networks)
    {
        HashSet<(string From, string To)> meant =
        [
            .. routers.SelectMany(router => new[] { ("gateway", router), (router, "redis") }),
            .. networks.SelectMany(network => routers.Append("gateway").Select(caller => (caller, network))),
        ];
        var policies = overlay.Objects.OfType<V1NetworkPolicy>().ToArray();
        // The pods of a rule and their peers, in both directions.
        IEnumerable<(string Own, string Named)> Pairs(V1NetworkPolicy policy, IEnumerable<V1NetworkPolicyPeer>? peers) =>
            (peers ?? []).Where(peer => peer.PodSelector is not null).SelectMany(peer => overlay.Matched(peer.PodSelector.MatchLabels))
                .SelectMany(named => overlay.Matched(policy.Spec.PodSelector.MatchLabels).Select(own => (own, named)));
        var received = policies.SelectMany(p => (p.Spec.Ingress ?? []).SelectMany(rule => Pairs(p, rule.FromProperty)))
            .Select(p => (p.Named, p.Own)).ToHashSet();
        var sent = policies.SelectMany(p => (p.Spec.Egress ?? []).SelectMany(rule => Pairs(p, rule.To))).ToHashSet();

        Assert.Equal(meant.Order(), received.Order());
        Assert.Equal(meant.Order(), sent.Order());
        // Without these two all other traffic would be allowed.
        var deny = policies.Single(p => p.Metadata.Name == "default-deny");
        Assert.Equal(overlay.Pods.Count, overlay.Matched(deny.Spec.PodSelector.MatchLabels).Count);
        Assert.Equal(["Ingress", "Egress"], deny.Spec.PolicyTypes);
        // Ports are pods' port names, or numbers.
        var ports = overlay.Deployments.SelectMany(d => d.Spec.Template.Spec.Containers[0].Ports)
            .SelectMany(p => new[] { p.Name, $"{p.ContainerPort}" }).Concat(["redis", "6379", "53", "5353"]);
        var allowed = policies.SelectMany(p => (p.Spec.Ingress ?? []).SelectMany(r => r.Ports)
            .Concat((p.Spec.Egress ?? []).SelectMany(r => r.Ports)));
        Assert.Empty(allowed.Select(p => p.Port.Value).Except(ports));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Names_OfEveryPod_AreLookedUpWhereClustersHaveTheirDns(string name)
    {
        var overlay = await Overlay.Build(name);
        var names = overlay.Objects.OfType<V1NetworkPolicy>().Single(p => p.Metadata.Name == "allow-dns").Spec;
        Assert.Equal(overlay.Pods.Count, overlay.Matched(names.PodSelector.MatchLabels).Count);
        var ways = names.Egress.SelectMany(rule => rule.To.SelectMany(to => rule.Ports.Select(port => (Of(to), port.Port.Value, port.Protocol))));
        (string To, string Port)[] servers = [("169.254.20.10/32", "53"), ("kube-system", "53"), ("openshift-dns", "5353")];
        Assert.Equal(servers.SelectMany(s => new[] { (s.To, s.Port, "TCP"), (s.To, s.Port, "UDP") }), ways.Order());

        static string Of(V1NetworkPolicyPeer to) => to.IpBlock?.Cidr ?? to.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"];
    }
}
