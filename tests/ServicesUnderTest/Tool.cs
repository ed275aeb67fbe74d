using System.ComponentModel;
using System.Diagnostics;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>Runs command line tools, the project's and others, as processes.</summary>
public static class Tool
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    public sealed record Result(int ExitCode, string Output, string Error)
    {
        /// <summary>Asserts exit code 2 and one line on standard error that contains all of these.</summary>
        public void AssertRefused(params string[] reasons)
        {
            Assert.Equal((2, 1), (ExitCode, Error.Count(c => c == '\n')));
            Assert.All(reasons, reason => Assert.Contains(reason, Error));
            Assert.DoesNotContain("   at ", Error);
        }

        public void AssertSucceeded() => Assert.True(ExitCode == 0, Error);

        /// <summary>Asserts exit code 2 and a fault on standard output.</summary>
        public void AssertFault(string fault)
        {
            Assert.Equal(2, ExitCode);
            Assert.Contains(fault, Output);
        }
    }

    public static Task<Result> Analyze(params string[] arguments) => Run("Analyzer", ["analyze", .. arguments]);

    public static Task<Result> Bundle(params string[] arguments) => Trainer(["bundle", .. arguments]);

    public static Task<Result> Trainer(params string[] arguments) => Run("Trainer", arguments);

    /// <summary>A project's program, as built with the tests.</summary>
    public static string AssemblyOf(string project)
    {
        // artifacts/bin/PROJECT/CONFIGURATION/
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(here.Parent!.Parent!.FullName, project, here.Name, $"MedMoE.Mesh.{project}.dll");
    }

    /// <summary>Runs a project's program to its end.</summary>
    public static Task<Result> Run(string project, params string[] arguments) =>
        Command(Environment.CurrentDirectory, ["dotnet", AssemblyOf(project), .. arguments]);

    /// <summary>Whether a command exists and succeeds.</summary>
    public static async Task<bool> Succeeds(string folder, IReadOnlyList<string> command)
    {
        try
        {
            return (await Command(folder, command)).ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Runs a command to its end.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="limit">How long it may take. Default: two minutes.</param>
    /// <exception cref="Win32Exception">There is no such program.</exception>
    public static async Task<Result> Command(string folder, IReadOnlyList<string> command, TimeSpan? limit = null)
    {
        var most = limit ?? _patience;
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(most);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new Result(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)} did not end within {most}");
        }
    }
}
