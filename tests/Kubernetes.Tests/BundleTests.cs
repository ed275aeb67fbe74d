using k8s.Models;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Each pod gets its part of the bundle from the bundle's image: runs the init containers' commands here.</summary>
public sealed class BundleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Overlays => [.. Overlay.Names];

    /// <summary>The content of the bundle's image.</summary>
    internal static ModelBundle Demo { get; } = ModelBundle.Open(Path.Combine(Golden.Repository, "services", "libs", "Bundle", "demo"));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Pods_GetTheirOwnPartAlone(string name)
    {
        var overlay = await Overlay.Build(name);
        foreach (var deployment in overlay.Deployments.Where(d => d.Metadata.Name != "gateway"))
        {
            var copied = await Copy(deployment);
            var part = PartOf(deployment.Metadata.Name);
            string[] others = part.Kind == "expert" ? [ModelBundle.ManifestFile, "backbone/config.json"] : [ModelBundle.ManifestFile];
            Assert.Equal(
                Demo.FilesOf(part).Concat(others).Order(),
                Directory.EnumerateFiles(copied, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(copied, file)).Order());
            Assert.Equal(Demo.Digest(part), ModelBundle.Open(copied).Digest(part));
        }
        Assert.Null(overlay.Deployment("gateway").Spec.Template.Spec.InitContainers);
        Assert.Empty(overlay.Objects.OfType<V1PersistentVolumeClaim>());
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Services_CannotWriteWhatTheyRead(string name)
    {
        var overlay = await Overlay.Build(name);
        foreach (var pod in overlay.Deployments.Where(d => d.Metadata.Name != "gateway").Select(d => d.Spec.Template.Spec))
        {
            var (from, to) = (Assert.Single(pod.InitContainers[0].VolumeMounts), MountOf(pod));
            Assert.Equal((from.Name, true), (to.Name, to.ReadOnlyProperty));
            Assert.NotNull(pod.Volumes.Single(v => v.Name == to.Name).EmptyDir.SizeLimit);
        }
    }

    [Theory]
    [InlineData("Backbone", "backbone")]
    [InlineData("TextEncoder", "text-encoder")]
    [InlineData("Router", "router")]
    [InlineData("Expert", "expert-ct", "Expert:Name=ct")]
    public async Task Services_StartWithTheirPartAlone(string project, string deployment, params string[] settings)
    {
        var copied = await Copy((await Overlay.Build("cpu")).Deployment(deployment));
        using var service = await ServiceProcess.Start(project, null, [$"Model:Bundle={copied}", .. settings]);
    }

    /// <summary>The service reports a missing part, by name and with the existing ones.</summary>
    [Fact]
    public async Task Copy_PartThatTheBundleLacks_GoesOn()
    {
        var copied = await Copy((await Overlay.Build("cpu")).Deployment("expert-ct"), expert: "pet");
        Assert.True(File.Exists(Path.Combine(copied, ModelBundle.ManifestFile)));
        Assert.False(Directory.Exists(Path.Combine(copied, "experts")));
    }

    /// <summary>The mount that a service reads the bundle from.</summary>
    internal static V1VolumeMount MountOf(V1PodSpec pod)
    {
        var folder = pod.Containers[0].Env.Single(e => e.Name == "Model__Bundle").Value;
        return pod.Containers[0].VolumeMounts.Single(mount => mount.MountPath == folder);
    }

    private static BundlePart PartOf(string deployment) => MeshService.Find(deployment)!.Part!;

    /// <summary>Runs a pod's init container in the bundle, with a local folder as its mount.</summary>
    /// <param name="deployment">What makes the pod.</param>
    /// <param name="expert">The expert that the pod's label names; null for its own.</param>
    private async Task<string> Copy(V1Deployment deployment, string? expert = null)
    {
        var init = Assert.Single(deployment.Spec.Template.Spec.InitContainers);
        var target = Directory.CreateDirectory(_folder[deployment.Metadata.Name]).FullName;
        var environment = new List<KeyValuePair<string, string>>();
        foreach (var variable in init.Env)
        {
            // Kubernetes expands variables defined earlier: $(NAME).
            var value = variable.Value ?? expert ?? deployment.Spec.Template.Metadata.Labels[Overlay.ExpertLabel];
            environment.Add(new(variable.Name, environment.Aggregate(value, (text, known) => text.Replace($"$({known.Key})", known.Value))));
        }
        var command = init.Command.Select(part => part.Replace(init.VolumeMounts[0].MountPath, target));
        var result = await Tool.Command(Demo.Root, ["env", .. environment.Select(e => $"{e.Key}={e.Value}"), .. command]);
        Assert.True(result.ExitCode == 0, result.Error);
        return target;
    }
}
