using System.Diagnostics;
using k8s.Models;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Other ways to provide the bundle: a claim that a Job fills, and an image volume.</summary>
public sealed class BundleComponentTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _claim = new();

    public void Dispose() => _claim.Dispose();

    private static Task<Overlay> Claim() => Overlay.BuildOwn("resources: [../cpu]\ncomponents: [../../bundle/claim]\n");

    [Fact]
    public async Task Claim_JobWritesWhatEveryPodReads()
    {
        var overlay = await Claim();
        var claim = Assert.Single(overlay.Objects.OfType<V1PersistentVolumeClaim>());
        // A ReadOnlyMany claim cannot be written to, and no storage class of a stock cluster provides it.
        Assert.Equal(["ReadWriteMany"], claim.Spec.AccessModes);
        var job = Assert.Single(overlay.Objects.OfType<V1Job>()).Spec.Template.Spec;
        Assert.Null(Assert.Single(job.Containers[0].VolumeMounts).ReadOnlyProperty);
        foreach (var pod in overlay.Deployments.Where(d => d.Metadata.Name != "gateway").Select(d => d.Spec.Template.Spec).Append(job))
        {
            var volume = pod.Volumes.Single(v => v.Name == "bundle");
            Assert.Equal((claim.Metadata.Name, null), (volume.PersistentVolumeClaim.ClaimName, volume.EmptyDir));
            // Otherwise the claim's disk would be attached read-only while the Job has it for writing.
            Assert.Null(volume.PersistentVolumeClaim.ReadOnlyProperty);
            var waits = (pod.InitContainers ?? []).SelectMany(c => c.VolumeMounts);
            Assert.All(waits, mount => Assert.Equal(("bundle", true), (mount.Name, mount.ReadOnlyProperty)));
        }
        Assert.All(
            overlay.Deployments.Where(d => d.Metadata.Name != "gateway").Select(d => BundleTests.MountOf(d.Spec.Template.Spec)),
            mount => Assert.Equal(("bundle", true, null), (mount.Name, mount.ReadOnlyProperty, mount.SubPath)));
        Assert.All(overlay.Objects.Where(o => o is not V1Namespace), o => Assert.Equal("medmoe", o.Metadata.NamespaceProperty));
    }

    [Fact]
    public async Task Claim_PodsWaitUntilTheJobHasPutTheManifestLast()
    {
        var overlay = await Claim();
        var job = overlay.Objects.OfType<V1Job>().Single().Spec.Template.Spec.Containers[0];
        var init = overlay.Deployment("router").Spec.Template.Spec.InitContainers.Single();
        var start = new ProcessStartInfo(init.Command[0], init.Command.Skip(1)) { WorkingDirectory = _claim.Path, RedirectStandardOutput = true };
        using var waiting = Process.Start(start)!;
        try
        {
            Assert.Equal("the Job bundle has not filled the claim yet", await waiting.StandardOutput.ReadLineAsync().WaitAsync(_patience));

            Assert.Equal(0, await Fill(job, BundleTests.Demo.Root));

            await waiting.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(_patience);
            Assert.Equal(0, waiting.ExitCode);
        }
        finally
        {
            waiting.Kill();
        }
        var filled = ModelBundle.Open(_claim.Path);
        Assert.All(BundleTests.Demo.Manifest.Parts, part => Assert.Equal(BundleTests.Demo.Digest(part), filled.Digest(part)));
        // If a part is missing, no manifest is left: pods keep waiting, and the Job reports the reason.
        using var lacking = new TemporaryFolder();
        Assert.True(await Tool.Succeeds(BundleTests.Demo.Root, ["cp", "-r", "medmoe.json", "backbone", "gate", "experts", lacking.Path]));
        Assert.NotEqual(0, await Fill(job, lacking.Path));
        Assert.False(File.Exists(_claim[ModelBundle.ManifestFile]));
    }

    [Fact]
    public async Task ImageVolume_IsTheImageThatIsCopiedElsewhere()
    {
        var elsewhere = (await Overlay.Build("cpu")).Deployment("router").Spec.Template.Spec.InitContainers[0];
        var overlay = await Overlay.BuildOwn("resources: [../gpu]\ncomponents: [../../bundle/image-volume]\n");
        foreach (var pod in overlay.Deployments.Where(d => d.Metadata.Name != "gateway").Select(d => d.Spec.Template.Spec))
        {
            Assert.Empty(pod.InitContainers ?? []);
            var mount = BundleTests.MountOf(pod);
            Assert.Equal((true, elsewhere.WorkingDir), (mount.ReadOnlyProperty, $"/{mount.SubPath}"));
            var volume = pod.Volumes.Single(v => v.Name == mount.Name);
            Assert.Equal((elsewhere.Image, elsewhere.ImagePullPolicy, null), (volume.Image.Reference, volume.Image.PullPolicy, volume.EmptyDir));
        }
    }

    /// <summary>Runs the Job in a bundle, with a local folder as the claim's mount.</summary>
    private async Task<int> Fill(V1Container job, string bundle) => (await Tool.Command(
        bundle, [.. job.Command.Select(c => c.Replace(job.VolumeMounts[0].MountPath, _claim.Path, StringComparison.Ordinal))])).ExitCode;
}
