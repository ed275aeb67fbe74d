using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>A real redis-server, on a free port, without files.</summary>
public sealed partial class RedisServer : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private static readonly string[] _withoutFiles = ["--save", "", "--appendonly", "no"];

    private readonly Func<int, string[]> _arguments;
    private readonly string _folder;
    private Process _process;

    private RedisServer(int port, Func<int, string[]> arguments, string folder, Process process) =>
        (Port, _arguments, _folder, _process) = (port, arguments, folder, process);

    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Reason for skipping tests without it.</summary>
    public const string Missing = "needs redis-server (Debian: apt-get install redis-server)";

    public static bool IsInstalled =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "redis-server")));

    public static Task<RedisServer> Start() => Start(port => ["--port", $"{port}", .. _withoutFiles], Path.GetTempPath());

    /// <param name="identity">The certificate and key of a server that speaks TLS alone.</param>
    /// <param name="authority">The authority that must have signed what callers show to it.</param>
    public static Task<RedisServer> StartTls((string Certificate, string Key) identity, string authority) => Start(
        port =>
        [
            "--port", "0", "--tls-port", $"{port}", "--tls-cert-file", identity.Certificate, "--tls-key-file", identity.Key,
            "--tls-ca-cert-file", authority, .. _withoutFiles,
        ],
        Path.GetTempPath());

    /// <param name="arguments">The arguments of redis-server for a port.</param>
    /// <param name="folder">Where it works.</param>
    public static async Task<RedisServer> Start(Func<int, string[]> arguments, string folder)
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            // Another process may take the port in between: then try another one.
            if (await Run(arguments(port), folder) is { } process)
            {
                return new RedisServer(port, arguments, folder, process);
            }
        }
    }

    /// <summary>Calls of a command so far, as "set". For a server without TLS.</summary>
    public async Task<long> Calls(string command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port);
        using var reader = new StreamReader(client.GetStream());
        await client.GetStream().WriteAsync("INFO commandstats\r\nQUIT\r\n"u8.ToArray());
        var statistics = await reader.ReadToEndAsync().WaitAsync(_patience);
        return Regex.Match(statistics, $"^cmdstat_{command}:calls=([0-9]+)", RegexOptions.Multiline) is { Success: true } calls
            ? long.Parse(calls.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Returns when somebody waits for a lease that another holds: it tries to set it, again and again.</summary>
    public async Task UntilSomebodyWaits()
    {
        var before = await Calls("set");
        await Patience.Until("a router that waits for another one", async () => await Calls("set") >= before + 5);
    }

    /// <summary>As kill -9.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Restarts it on the same port, empty.</summary>
    public async Task Restart() => _process = await Run(_arguments(Port), _folder) ?? throw new InvalidOperationException("the port was taken");

    /// <summary>Pauses the process, so that it does not answer.</summary>
    public void Freeze() => Signal(SigStop);

    public void Thaw() => Signal(SigContinue);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }
        _process.Dispose();
    }

    private static async Task<Process?> Run(string[] arguments, string folder)
    {
        var process = Process.Start(new ProcessStartInfo("redis-server", [.. arguments, "--bind", "127.0.0.1"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder,
        })!;
        using var patience = new CancellationTokenSource(_patience);
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                // Keep reading, so that later output does not fill the pipe.
                _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return process;
            }
        }
        return null;
    }

    private void Signal(int signal)
    {
        if (Send(_process.Id, signal) != 0)
        {
            throw new InvalidOperationException("redis-server has ended");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int pid, int signal);
}
