using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using k8s.Models;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>A real redis-server with the command line of an overlay's container, on a free port; the container's mounts are folders here.</summary>
internal sealed class RedisProcess : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly V1Container _container;
    private readonly string _node;
    private readonly Dictionary<string, string> _environment;
    private readonly Process _process;

    private RedisProcess(V1Container container, string node, Dictionary<string, string> environment, int port, Process process) =>
        (_container, _node, _environment, Port, _process) = (container, node, environment, port, process);

    public int Port { get; }

    /// <param name="container">What to run.</param>
    /// <param name="node">The folder that has its mounts.</param>
    /// <param name="password">The value of its one variable.</param>
    public static async Task<RedisProcess> Start(V1Container container, string node, string password)
    {
        var environment = new Dictionary<string, string> { [Assert.Single(container.Env).Name] = password };
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            // Another process may take the port in between: then try another one.
            if (await Run(container, node, environment, port) is { } process)
            {
                return new RedisProcess(container, node, environment, port, process);
            }
        }
    }

    /// <summary>Runs a probe's command as the kubelet does.</summary>
    public Task<Tool.Result> Ask(V1Probe probe) => Run(probe.Exec.Command);

    /// <summary>A command of Redis, by the readiness probe's way to it.</summary>
    public async Task<string> Ask(params string[] command) => (await Run([.. _container.ReadinessProbe.Exec.Command.SkipLast(1), .. command])).Output;

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private Task<Tool.Result> Run(IEnumerable<string> command) => Tool.Command(
        _node, ["env", .. _environment.Select(e => $"{e.Key}={e.Value}"), .. command.Select(c => Here(_container, _node, c))]);

    private static async Task<Process?> Run(V1Container container, string node, Dictionary<string, string> environment, int port)
    {
        var arguments = container.Args.Select(a => environment.Aggregate(
            Here(container, node, a), (text, e) => text.Replace($"$({e.Key})", e.Value, StringComparison.Ordinal))).ToArray();
        var ports = container.Ports.Select(p => Array.IndexOf(arguments, $"{p.ContainerPort}")).ToArray();
        Assert.All(ports, at => Assert.InRange(at, 1, arguments.Length));
        arguments[Assert.Single(ports)] = $"{port}";
        var process = Process.Start(new ProcessStartInfo(arguments[0], [.. arguments[1..], "--bind", "127.0.0.1"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = node,
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

    private static string Here(V1Container container, string node, string text) => container.VolumeMounts.Aggregate(
        text, (t, m) => t.Replace($"{m.MountPath}/", $"{node}{m.MountPath}/", StringComparison.Ordinal));
}
