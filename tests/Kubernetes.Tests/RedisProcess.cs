using k8s.Models;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Kubernetes.Tests;

/// <summary>A real redis-server with the command line of an overlay's container, on a free port; the container's mounts are folders here.</summary>
internal sealed class RedisProcess : IDisposable
{
    private readonly V1Container _container;
    private readonly string _node;
    private readonly Dictionary<string, string> _environment;
    private readonly RedisServer _server;

    private RedisProcess(V1Container container, string node, Dictionary<string, string> environment, RedisServer server) =>
        (_container, _node, _environment, _server) = (container, node, environment, server);

    public int Port => _server.Port;

    /// <param name="container">What to run.</param>
    /// <param name="node">The folder that has its mounts.</param>
    /// <param name="password">The value of its one variable.</param>
    public static async Task<RedisProcess> Start(V1Container container, string node, string password)
    {
        var environment = new Dictionary<string, string> { [Assert.Single(container.Env).Name] = password };
        return new RedisProcess(
            container, node, environment, await RedisServer.Start(port => Arguments(container, node, environment, port), node));
    }

    /// <summary>Runs a probe's command as the kubelet does.</summary>
    public Task<Tool.Result> Ask(V1Probe probe) => Run(probe.Exec.Command);

    /// <summary>A command of Redis, by the readiness probe's way to it.</summary>
    public async Task<string> Ask(params string[] command) => (await Run([.. _container.ReadinessProbe.Exec.Command.SkipLast(1), .. command])).Output;

    public void Dispose() => _server.Dispose();

    private Task<Tool.Result> Run(IEnumerable<string> command) => Tool.Command(
        _node, ["env", .. _environment.Select(e => $"{e.Key}={e.Value}"), .. command.Select(c => Here(_container, _node, c))]);

    private static string[] Arguments(V1Container container, string node, Dictionary<string, string> environment, int port)
    {
        var arguments = container.Args.Select(a => environment.Aggregate(
            Here(container, node, a), (text, e) => text.Replace($"$({e.Key})", e.Value, StringComparison.Ordinal))).ToArray();
        Assert.Equal("redis-server", arguments[0]);
        var at = Array.IndexOf(arguments, $"{Assert.Single(container.Ports).ContainerPort}");
        Assert.InRange(at, 1, arguments.Length);
        arguments[at] = $"{port}";
        return arguments[1..];
    }

    private static string Here(V1Container container, string node, string text) => container.VolumeMounts.Aggregate(
        text, (t, m) => t.Replace($"{m.MountPath}/", $"{node}{m.MountPath}/", StringComparison.Ordinal));
}
