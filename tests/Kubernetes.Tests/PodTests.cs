using MedMoE.Mesh.Serving.Settings;
using k8s.Models;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Requirements for every pod: security, limits, and a rolling update that loses no call.</summary>
public sealed class PodTests
{
    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Pods_AreRestrictedAndLimited(string name) => AssertRestrictedAndLimited(await Overlay.Build(name));

    [Theory]
    [InlineData("claim")]
    [InlineData("image-volume")]
    public async Task Pods_WithTheBundleOtherwise_AreRestrictedAndLimited(string component) =>
        AssertRestrictedAndLimited(await Overlay.BuildOwn($"resources: [../cpu]\ncomponents: [../../bundle/{component}]\n"));

    internal static void AssertRestrictedAndLimited(Overlay overlay)
    {
        foreach (var pod in overlay.PodSpecs)
        {
            // The profile "restricted" of the Pod Security Standards, and a read-only root file system.
            Assert.True(pod.SecurityContext.RunAsNonRoot);
            Assert.NotEqual(0, pod.SecurityContext.RunAsUser);
            Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
            Assert.False(pod.AutomountServiceAccountToken);
            var own = Assert.Single(pod.Containers);
            foreach (var container in pod.Containers.Concat(pod.InitContainers ?? []))
            {
                Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
                Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
                Assert.All(
                    ["cpu", "memory"],
                    resource => Assert.True(container.Resources.Requests.ContainsKey(resource) && container.Resources.Limits.ContainsKey(resource)));
            }
            // A service writes only to /tmp; the container that copies the bundle writes to the bundle's mount.
            var mounts = own.Name == Overlay.Container ? own.VolumeMounts ?? [] : [];
            Assert.All(mounts, mount => Assert.True(mount.ReadOnlyProperty == true || mount.MountPath == "/tmp"));
            Assert.All((pod.Volumes ?? []).Where(v => v.EmptyDir is not null), volume => Assert.NotNull(volume.EmptyDir.SizeLimit));
        }
    }

    /// <summary>A network at its CPU limit answers probes late: it loses its calls to other replicas before it is restarted.</summary>
    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Probes_OfBusyPods_AreAwaited(string name)
    {
        var overlay = await Overlay.Build(name);
        foreach (var container in overlay.PodSpecs.Select(pod => pod.Containers[0]))
        {
            Assert.Equal((5, 5, 3), Times(container.ReadinessProbe));
            Assert.Equal((10, 10, 6), Times(container.LivenessProbe));
            Assert.True(container.StartupProbe is null || container.StartupProbe.TimeoutSeconds == 5);
        }

        static (int? TimeOut, int? Period, int? Failures) Times(V1Probe probe) => (probe.TimeoutSeconds, probe.PeriodSeconds, probe.FailureThreshold);
    }

    /// <summary>The new pod needs the old pod's GPU.</summary>
    [Fact]
    public async Task RollingUpdate_OnGpus_NeedsNoSpareOne()
    {
        var overlay = await Overlay.Build("gpu");
        Assert.All(overlay.Deployments, deployment => Assert.Equal(
            deployment.Spec.Template.Spec.Containers[0].Resources.Limits.ContainsKey("nvidia.com/gpu") ? ("1", "0") : ("0", "1"),
            (deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value, deployment.Spec.Strategy.RollingUpdate.MaxSurge.Value)));
    }

    [Fact]
    public async Task RollingUpdate_LosesNoCall()
    {
        var overlay = await Overlay.Build("cpu");
        foreach (var deployment in overlay.Deployments)
        {
            Assert.Equal(
                ("0", "1"), (deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value, deployment.Spec.Strategy.RollingUpdate.MaxSurge.Value));
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
        var most = new ResourceQuantity(options["--maxmemory"].Replace("gb", "Gi", StringComparison.Ordinal)).ToDecimal();
        Assert.InRange(most, 1, redis.Resources.Limits["memory"].ToDecimal() * 0.8m);
    }
}
