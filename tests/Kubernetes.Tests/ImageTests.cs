using System.Text.RegularExpressions;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Wire.Catalog;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Image names of the overlays and of services/Dockerfile.</summary>
public sealed class ImageTests
{
    private static readonly string _dockerfile = File.ReadAllText(Path.Combine(Golden.Repository, "services", "Dockerfile"));
    private static readonly string[] _services = [.. ServiceCatalog.All.Select(kind => kind.Project)];

    [Fact]
    public async Task Images_AreThoseOfTheDockerfile()
    {
        var overlay = await Overlay.Build("cpu");
        var images = overlay.Deployments.Select(d => d.Spec.Template.Spec.Containers[0].Image).Distinct().Order();
        Assert.Equal(_services.Select(s => $"medmoe-mesh/{Regex.Replace(s, "(?<=[a-z])(?=[A-Z])", "-").ToLowerInvariant()}").Order(), images);
    }

    [Fact]
    public async Task BundleImage_HasTheBundleWhereItIsCopiedFrom()
    {
        var dockerfile = File.ReadAllText(Path.Combine(Overlay.Folder, "bundle", "Dockerfile"));
        var folder = Assert.Single(Regex.Matches(dockerfile, @"^COPY --chmod=755 \. (\S+)$", RegexOptions.Multiline)).Groups[1].Value;
        var copies = (await Overlay.Build("cpu")).PodSpecs.SelectMany(pod => pod.InitContainers ?? []).Select(c => (c.Image, c.WorkingDir));
        Assert.Equal([("medmoe-mesh/bundle", folder)], copies.Distinct());
        Assert.Contains("-t medmoe-mesh/bundle ", dockerfile);
    }

    /// <summary>Images loaded onto nodes by hand are in no registry, so nothing may pull them.</summary>
    [Fact]
    public async Task Images_LoadedIntoTheNodes_AreThoseOfThePageAndAreNotPulled()
    {
        var page = Page.Section("First run");
        var loaded = Regex.Match(page, "kind load docker-image (.+)").Groups[1].Value.Split(' ');
        var containers = (await Overlay.Build("one-node")).PodSpecs.SelectMany(pod => pod.Containers.Concat(pod.InitContainers ?? []))
            .Where(c => c.Image.StartsWith("medmoe-mesh/", StringComparison.Ordinal)).ToArray();
        Assert.Equal(containers.Select(c => c.Image).Distinct().Order(), loaded.Order());
        Assert.All(containers, container => Assert.Equal("IfNotPresent", container.ImagePullPolicy));
        var inTurn = Regex.Match(page, "for service in ([A-Za-z ]+); do").Groups[1].Value.Split(' ')
            .Select(s => $"medmoe-mesh/{s.ToLowerInvariant()}");
        Assert.Equal(loaded.Order(), inTurn.Concat(Regex.Matches(page, "-t (medmoe-mesh/[a-z-]+) ").Select(m => m.Groups[1].Value)).Order());
    }

    [Fact]
    public void Dockerfile_CopiesWhatThereIs_AndDockerIgnoreLetsItThrough()
    {
        var let = File.ReadAllLines(Path.Combine(Golden.Repository, ".dockerignore")).Where(l => l.StartsWith('!')).Select(l => l[1..]).ToArray();
        var copied = Regex.Matches(_dockerfile, @"^COPY (?!--from)(.+) \S+$", RegexOptions.Multiline)
            .SelectMany(m => m.Groups[1].Value.Split(' ')).ToArray();
        Assert.Equal(let.Order(), copied.Order());
        Assert.All(copied, path => Assert.True(Path.Exists(Path.Combine(Golden.Repository, path)), path));
        Assert.All(
            _services, service => Assert.True(File.Exists(Path.Combine(Golden.Repository, "services", service, $"{service}.csproj")), service));
    }

    /// <summary>The entry point is a link to the program, in the image as here.</summary>
    [Fact]
    public async Task EntryPoint_RunsTheServiceThroughALink()
    {
        Assert.Contains("ln -s \"MedMoE.Mesh.$SERVICE\" /app/service", _dockerfile);
        Assert.Contains("ENTRYPOINT [\"/app/service\"]", _dockerfile);
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["service"], Path.ChangeExtension(Tool.AssemblyOf("Router"), null));
        var result = await Tool.Command(folder.Path, [folder["service"], "--Serving:GrpcPort=0", "--Serving:HttpPort=0"]);
        result.AssertRefused("Model:Bundle is missing");
    }
}
