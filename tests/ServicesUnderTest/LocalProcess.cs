using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary><c>mesh up</c> or <c>mesh scale</c> as a process, with a runtime folder of the test.</summary>
public sealed partial class LocalProcess : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly string[] _arguments;
    private readonly Process _process;
    private readonly Task _reading;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly ConcurrentQueue<string> _output = [];

    private LocalProcess(TemporaryFolder runtime, string[] arguments)
    {
        _arguments = arguments;
        // A shell starts background jobs with SIGINT ignored; the mesh would inherit that from tests in the background.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Tool.AssemblyOf("Local"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_RUNTIME_DIR"] = runtime.Path;
        _process = Process.Start(start)!;
        _reading = Task.WhenAll(Read(_process.StandardOutput), Read(_process.StandardError));
        Folder = runtime[$"medmoe-mesh-{Environment.UserName}", "mesh"];
    }

    public sealed record Row(string Service, int Number, int Pid, string Grpc, string Http);

    public int Pid => _process.Id;

    /// <summary>The runtime folder of a mesh with the default name.</summary>
    public string Folder { get; }

    /// <summary>All it has printed.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>The rows of its table.</summary>
    public IReadOnlyList<Row> Table => [.. _output.Select(line => TableRow().Match(line)).Where(m => m.Success).Select(m => new Row(
        m.Groups[1].Value, Int(m.Groups[2].Value), Int(m.Groups[3].Value), m.Groups[4].Value, m.Groups[5].Value))];

    public static LocalProcess Run(TemporaryFolder runtime, params string[] arguments) => new(runtime, arguments);

    /// <summary>Starts a mesh of two text encoders and one backbone.</summary>
    public static async Task<LocalProcess> UpSmall(TemporaryFolder runtime, params string[] more)
    {
        var mesh = new LocalProcess(runtime, ["up", "--only", "backbone,text-encoder", "--replicas", "text-encoder=2", .. more]);
        await mesh.UntilReady("ready");
        return mesh;
    }

    /// <summary>Starts the whole mesh; returns it, ready, and its gateway's HOST:PORT.</summary>
    public static async Task<(LocalProcess Mesh, string Gateway)> UpWhole(TemporaryFolder runtime, params string[] more)
    {
        const string Ready = "ready gateway=";
        var mesh = new LocalProcess(runtime, ["up", .. more]);
        return (mesh, (await mesh.UntilReady(Ready))[Ready.Length..]);
    }

    /// <summary>Waits for the line; a mesh that does not become ready is ended.</summary>
    public async Task<string> UntilReady(string ready)
    {
        try
        {
            return await UntilLine(line => line.StartsWith(ready, StringComparison.Ordinal), "the mesh being ready");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public async Task<string> UntilLine(Func<string, bool> matches, string what)
    {
        using var patience = Patience();
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(patience.Token))
            {
                if (matches(line))
                {
                    return line;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{what} did not come within {_patience}:\n{Output}");
        }
        throw new InvalidOperationException($"{what} did not come before the end:\n{Output}");
    }

    /// <summary>Sends a signal as a terminal or a service manager does.</summary>
    public void Signal(int number) => Assert.Equal(0, Kill(Pid, number));

    public async Task<int> ExitCode()
    {
        using var patience = Patience();
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            await _reading.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{string.Join(' ', _arguments)} did not end within {_patience}:\n{Output}");
        }
        return _process.ExitCode;
    }

    /// <summary>Asserts exit code 2 and one line that contains all of these.</summary>
    public async Task AssertRefused(params string[] reasons)
    {
        var code = await ExitCode();
        Assert.Equal((2, Output), (code, Output));
        var line = Assert.Single(_output, l => l.StartsWith("mesh: ", StringComparison.Ordinal));
        Assert.All(reasons, reason => Assert.Contains(reason, line));
        Assert.DoesNotContain("   at ", Output);
    }

    public void Dispose()
    {
        // Its services stop with it, because their standard input is closed.
        _process.Kill();
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    public static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakePipe(string path, uint mode);

    private static CancellationTokenSource Patience()
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(_patience);
        return patience;
    }

    private static int Int(string number) => int.Parse(number, CultureInfo.InvariantCulture);

    private async Task Read(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _output.Enqueue(line);
            _lines.Writer.TryWrite(line);
        }
    }

    [GeneratedRegex(@"^([a-z-]+) +(\d+) +(\d+) +(\S+:\d+) +(\S+:\d+)$")]
    private static partial Regex TableRow();
}
