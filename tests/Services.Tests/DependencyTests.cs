using System.Text.Json;

namespace MedMoE.Mesh.Services.Tests;

public sealed class DependencyTests
{
    [Theory]
    [InlineData("Router", false)]
    [InlineData("Gateway", false)]
    [InlineData("Backbone", true)]
    public void Service_LoadsLibtorch_OnlyWhereItRunsANetwork(string project, bool expected)
    {
        // artifacts/bin/PROJECT/CONFIGURATION/
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var file = Path.Combine(here.Parent!.Parent!.FullName, project, here.Name, $"MedMoE.Mesh.{project}.deps.json");
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        string[] libraries = [.. json.RootElement.GetProperty("libraries").EnumerateObject().Select(l => l.Name)];
        Assert.Contains(libraries, l => l.StartsWith("Grpc.AspNetCore.Server/", StringComparison.Ordinal));
        Assert.Equal(expected, libraries.Any(l => l.Contains("torch", StringComparison.OrdinalIgnoreCase)));
    }
}
