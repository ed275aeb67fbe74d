using System.Diagnostics;
using MedMoE.Mesh.Gpu.Tests;

[assembly: AssemblyFixture(typeof(PackedMesh))]

namespace MedMoE.Mesh.Gpu.Tests;

/// <summary>The output of tests/gpu/pack, and a PATH without dotnet.</summary>
public sealed class PackedMesh : IAsyncLifetime
{
    // Packing and the script itself, beside other work on two cores.
    private static readonly TimeSpan _timeout = TimeSpan.FromMinutes(5);

    private readonly TemporaryFolder _folder = new();

    public string this[string file] => _folder[file];

    /// <summary>The folder of the libtorch that the services were built with.</summary>
    public static string Libtorch { get; } = Path.Combine(
        new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.FullName, "Backbone", "release", "runtimes", "linux-x64", "native");

    public sealed record Result(int ExitCode, string Output);

    public async ValueTask InitializeAsync()
    {
        var packed = await Run([Path.Combine(Golden.Repository, "tests", "gpu", "pack"), "--no-build"], ("XZ_OPT", "-0"));
        Assert.True(packed.ExitCode == 0, packed.Output);
        Directory.CreateDirectory(_folder["bin"]);
        foreach (var program in new[] { "python3", "setsid" })
        {
            var found = await Run(["sh", "-c", program == "python3" ? "python3 -c 'import sys; print(sys.executable)'" : $"command -v {program}"]);
            File.CreateSymbolicLink(_folder["bin", program], found.Output.Trim());
        }
    }

    /// <summary>Runs tests/gpu/run without dotnet.</summary>
    public Task<Result> RunScript(params string[] arguments) => Run(
        [_folder["bin", "python3"], Path.Combine(Golden.Repository, "tests", "gpu", "run"), "--out", _folder.Path, .. arguments],
        ("PATH", _folder["bin"]), ("DOTNET_ROOT", ""));

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<Result> Run(string[] command, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        using var process = Process.Start(start)!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(_timeout);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)} did not end within {_timeout}:\n{string.Concat(await output)}");
        }
        return new Result(process.ExitCode, string.Concat(await output));
    }
}
