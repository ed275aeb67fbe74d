using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>A real redis-server, on a free port, without files.</summary>
public sealed partial class RedisServer : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly int _port;
    private readonly string[] _options;
    private Process _process;

    private RedisServer(int port, string[] options, Process process) => (_port, _options, _process) = (port, options, process);

    public string Address => $"127.0.0.1:{_port}";

    /// <summary>Reason for skipping tests without it.</summary>
    public const string Missing = "needs redis-server (Debian: apt-get install redis-server)";

    public static bool IsInstalled =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "redis-server")));

    /// <param name="identity">The certificate and key of a server that speaks TLS alone.</param>
    /// <param name="authority">The authority that must have signed what callers show to it.</param>
    public static Task<RedisServer> StartTls((string Certificate, string Key) identity, string authority) => Start(
        "--tls-cert-file", identity.Certificate, "--tls-key-file", identity.Key, "--tls-ca-cert-file", authority, "--port", "0", "--tls-port");

    public static Task<RedisServer> Start() => Start("--port");

    private static async Task<RedisServer> Start(params string[] options)
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            // Another process may take the port in between: then try another one.
            if (await Run(port, options) is { } process)
            {
                return new RedisServer(port, options, process);
            }
        }
    }

    /// <summary>As kill -9.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Restarts it on the same port, empty.</summary>
    public async Task Restart() => _process = await Run(_port, _options) ?? throw new InvalidOperationException("the port was taken");

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

    /// <param name="port">The value of the last option.</param>
    /// <param name="options">What it listens with.</param>
    private static async Task<Process?> Run(int port, string[] options)
    {
        var process = Process.Start(new ProcessStartInfo(
            "redis-server", [.. options, $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetTempPath(),
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
