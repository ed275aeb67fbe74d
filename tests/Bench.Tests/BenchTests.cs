using System.Text.Json;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Bench.Tests;

/// <summary><c>mesh bench</c> as a user runs it, with the demo bundle. How fast it is, is not tested.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Quick_MeasuresEveryCaseOnce_AndPrintsTables()
    {
        var file = _folder["bench.json"];
        var result = await Tool.Command(
            _folder.Path, ["dotnet", Tool.AssemblyOf("Bench"), "bench", "--quick", "--bundle", "demo", "--json", file], TimeSpan.FromMinutes(10));

        result.AssertSucceeded();
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        var figures = json.RootElement.GetProperty("figures");
        Assert.All(
            new[] { "backbone", "products of the backbone", "expert", "text encoder", "one process" },
            network => Assert.All(new[] { 1, 8 }, batch => AssertMeasured($"{network}, batch {batch}", "ms")));
        Assert.All(
            new[]
            {
                "new image, 1 caller", "new image, 8 callers", "new image, 32 callers", "known image, 1 caller", "known image, 8 callers",
                "known image, new report, 1 caller",
            },
            calls => Assert.All(new[] { "per_second", "p50_ms", "p99_ms", "cpu_ms" }, unit => AssertMeasured(calls, unit)));
        Assert.Contains("| one request alone: its p50 over the time of one process | ", result.Output);
        Assert.Contains("| router/1 | ", result.Output);

        void AssertMeasured(string name, string unit)
        {
            var rounds = figures.GetProperty(name).GetProperty(unit);
            Assert.True(Assert.Single(rounds.EnumerateArray()).GetDouble() > 0, name);
            Assert.Contains($"| {name.Replace(", batch", " |", StringComparison.Ordinal)} |", result.Output);
        }
    }
}
