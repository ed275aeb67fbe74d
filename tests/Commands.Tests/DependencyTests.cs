using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Commands.Tests;

public sealed class DependencyTests
{
    [Theory]
    [InlineData("Drawing")]
    [InlineData("Imaging")]
    [InlineData("Phantoms")]
    [InlineData("Studies")]
    [InlineData("Text")]
    public void Project_WithoutANetwork_NeedsNoLibtorch(string project)
    {
        var needs = File.ReadAllText(Path.ChangeExtension(Tool.AssemblyOf(project), ".deps.json"));

        Assert.Contains($"MedMoE.Mesh.{project}/", needs, StringComparison.Ordinal);
        Assert.DoesNotContain("torch", needs, StringComparison.OrdinalIgnoreCase);
    }
}
