using System.Text.RegularExpressions;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>Images as the overlays name them, and as services/Dockerfile makes them.</summary>
public sealed class ImageTests
{
    private static readonly string _dockerfile = File.ReadAllText(Path.Combine(Golden.Repository, "services", "Dockerfile"));
    private static readonly string[] _services = ["Backbone", "Expert", "Gateway", "Router", "TextEncoder"];

    [Fact]
    public async Task Images_AreThoseOfTheDockerfile()
    {
        var overlay = await Overlay.Build("cpu");
        var images = overlay.Deployments.Select(d => d.Spec.Template.Spec.Containers[0].Image).Distinct().Order();
        Assert.Equal(_services.Select(s => $"medmoe-mesh/{Regex.Replace(s, "(?<=[a-z])(?=[A-Z])", "-").ToLowerInvariant()}").Order(), images);
    }

    [Fact]
    public void Dockerfile_CopiesWhatThereIs_AndDockerIgnoreLetsItThrough()
    {
        var let = File.ReadAllLines(Path.Combine(Golden.Repository, ".dockerignore")).Where(l => l.StartsWith('!')).Select(l => l[1..]).ToArray();
        var copied = Regex.Matches(_dockerfile, @"^COPY (?!--from)(.+) \S+$", RegexOptions.Multiline).SelectMany(m => m.Groups[1].Value.Split(' ')).ToArray();
        Assert.Equal(let.Order(), copied.Order());
        Assert.All(copied, path => Assert.True(Path.Exists(Path.Combine(Golden.Repository, path)), path));
        Assert.All(_services, service => Assert.True(File.Exists(Path.Combine(Golden.Repository, "services", service, $"{service}.csproj")), service));
    }

    /// <summary>The entry point is a link to the program: as in the image, so here.</summary>
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
