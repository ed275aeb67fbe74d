using k8s.Models;
using MedMoE.Mesh.Serving.Hosting;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>What holds for every pod: safety, limits, and a rolling update that loses no call.</summary>
public sealed class PodTests
{
    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Pods_AreRestrictedAndLimited(string name)
    {
        var overlay = await Overlay.Build(name);
        var pods = overlay.Deployments.Select(d => d.Spec.Template.Spec).Concat(overlay.Objects.OfType<V1StatefulSet>().Select(s => s.Spec.Template.Spec));
        foreach (var pod in pods)
        {
            // The profile "restricted" of the Pod Security Standards, and a root file system that nothing writes to.
            Assert.True(pod.SecurityContext.RunAsNonRoot);
            Assert.NotEqual(0, pod.SecurityContext.RunAsUser);
            Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
            Assert.False(pod.AutomountServiceAccountToken);
            var container = Assert.Single(pod.Containers);
            Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
            Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            Assert.All(["cpu", "memory"], resource => Assert.True(container.Resources.Requests.ContainsKey(resource) && container.Resources.Limits.ContainsKey(resource)));
            Assert.All(container.VolumeMounts ?? [], mount => Assert.True(mount.ReadOnlyProperty == true || mount.MountPath == "/tmp"));
        }
    }

    [Fact]
    public async Task RollingUpdate_LosesNoCall()
    {
        var overlay = await Overlay.Build("cpu");
        foreach (var deployment in overlay.Deployments)
        {
            Assert.Equal(("0", "1"), (deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value, deployment.Spec.Strategy.RollingUpdate.MaxSurge.Value));
            var pod = deployment.Spec.Template.Spec;
            var sleep = pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds;
            Assert.True(pod.TerminationGracePeriodSeconds > sleep + new ServingOptions().ShutdownTimeout.TotalSeconds);
        }
    }

    [Fact]
    public async Task Redis_ForgetsTheLeastRecentlyUsedBeforeItsMemoryIsUp()
    {
        var redis = (await Overlay.Build("cpu")).Objects.OfType<V1StatefulSet>().Single().Spec.Template.Spec.Containers[0];
        var options = redis.Args.Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Equal("allkeys-lru", options["--maxmemory-policy"]);
        Assert.InRange(new ResourceQuantity(options["--maxmemory"].Replace("gb", "Gi", StringComparison.Ordinal)).ToDecimal(), 1, redis.Resources.Limits["memory"].ToDecimal() * 0.8m);
    }
}
