using System.Text.Json;

namespace MedMoE.Mesh.Gpu.Tests;

/// <summary>The script of tests/gpu on the CPU, without dotnet on the path.</summary>
public sealed class GpuRunTests(PackedMesh packed)
{
    [Fact]
    public async Task Run_OnTheCpu_PassesEveryPart()
    {
        var result = await packed.RunScript("--device", "cpu", "--torch", PackedMesh.Libtorch);

        Assert.True(result.ExitCode == 0, result.Output);
        var report = JsonDocument.Parse(await File.ReadAllBytesAsync(packed["gpu.json"], TestContext.Current.CancellationToken)).RootElement;
        var parts = report.GetProperty("parts").EnumerateArray().ToDictionary(
            part => part.GetProperty("name").GetString()!, part => part.GetProperty("status").GetString());
        Assert.Equal(["goldens", "networks", "mesh", "endurance"], parts.Keys);
        Assert.All(parts.Values, status => Assert.Equal("passed", status));
        Assert.Contains("says nothing about a card", await File.ReadAllTextAsync(packed["gpu.md"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Run_WithoutACard_SaysSoAndIsNoSuccess()
    {
        var result = await packed.RunScript("--device", "cuda:7", "--torch", PackedMesh.Libtorch, "--parts", "goldens");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("gpu: cuda:7: ", result.Output);
        Assert.Contains("goldens: passed", result.Output);
    }

    [Fact]
    public async Task Run_LibtorchThatCannotBeLoaded_IsNamedAndSkipsWhatNeedsIt()
    {
        foreach (var name in new[] { "libtorch_cpu.so", "libc10.so" })
        {
            await File.WriteAllTextAsync(packed[name], "no library", TestContext.Current.CancellationToken);
        }

        var result = await packed.RunScript("--device", "cpu", "--torch", packed["."], "--parts", "goldens,mesh");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("libc10.so: file too short", result.Output);
        Assert.Contains("goldens: skipped", result.Output);
        Assert.Contains("mesh: skipped", result.Output);
    }

    [Theory]
    [InlineData("--device gpu", "--device gpu: expected cpu or cuda:N")]
    [InlineData("--parts goldens,speed", "unknown speed; there are goldens, networks, mesh, endurance")]
    [InlineData("--minutes 0", "--minutes must be over 0")]
    [InlineData("--pack nowhere", "nowhere: no such file; tests/gpu/pack makes it")]
    [InlineData("--pack /proc/version", "/proc/version: no archive of tests/gpu/pack, or a damaged one")]
    [InlineData("--torch /", "--torch /: no libtorch_cpu.so in it")]
    public async Task Run_WrongArgument_IsOneLineAndExitCode2(string arguments, string reason)
    {
        var result = await packed.RunScript(arguments.Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(reason, result.Output);
        Assert.DoesNotContain("Traceback", result.Output);
    }
}
