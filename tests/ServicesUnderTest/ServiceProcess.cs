using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Grpc.Net.Client;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>A service in a separate process.</summary>
public sealed partial class ServiceProcess : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly TaskCompletionSource<(string Grpc, string Http, string Doors)> _listening =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Task _reading;

    private ServiceProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        // As in mesh up: otherwise OpenMP's threads would spin on cores that other services need.
        start.Environment.TryAdd("OMP_WAIT_POLICY", "PASSIVE");
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
        _reading = Read();
    }

    public int Id => _process.Id;

    /// <summary>All it has logged so far.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>HOST:PORT of gRPC.</summary>
    public string Grpc { get; private set; } = "";

    /// <summary>HOST:PORT of /healthz and /metrics.</summary>
    public string Http { get; private set; } = "";

    /// <summary>HOST:PORT of a gateway's doors where they have one of their own, otherwise empty.</summary>
    public string Doors { get; private set; } = "";

    /// <summary>Starts a service, by default on loopback and free ports, and returns when it reports SERVING.</summary>
    /// <param name="project">Its project: "Router".</param>
    /// <param name="names">Host names for it, or null for the system's.</param>
    /// <param name="settings">Settings, without "--"; later ones win.</param>
    public static Task<ServiceProcess> Start(string project, PrivateNames? names, params string[] settings) =>
        StartBy(names is null ? (program, arguments) => new ProcessStartInfo(program, arguments) : names.Command, project, settings);

    /// <summary>Starts a service by a command that changes its environment.</summary>
    /// <param name="command">Makes the command of a program and its arguments.</param>
    /// <param name="project">Its project: "Router".</param>
    /// <param name="settings">Settings, without "--"; later ones win.</param>
    public static Task<ServiceProcess> StartBy(Func<string, string[], ProcessStartInfo> command, string project, params string[] settings) =>
        StartBy(command, address => GrpcChannel.ForAddress($"http://{address}"), project, settings);

    /// <summary>The same of a service that its settings may make speak TLS.</summary>
    /// <param name="command">Makes the command of a program and its arguments.</param>
    /// <param name="open">Opens a channel to HOST:PORT, by which the service is asked whether it serves.</param>
    /// <param name="project">Its project: "Router".</param>
    /// <param name="settings">Settings, without "--"; later ones win.</param>
    public static async Task<ServiceProcess> StartBy(
        Func<string, string[], ProcessStartInfo> command, Func<string, GrpcChannel> open, string project, params string[] settings)
    {
        string[] arguments =
        [
            Tool.AssemblyOf(project), "--Serving:Address=127.0.0.1", "--Serving:GrpcPort=0", "--Serving:HttpPort=0", "--Serving:StopWithInput=true",
            .. settings.Select(setting => $"--{setting}"),
        ];
        var service = new ServiceProcess(command("dotnet", arguments));
        try
        {
            await service.Ready(project, open);
            return service;
        }
        catch
        {
            service.Dispose();
            throw;
        }
    }

    /// <summary>Sends SIGTERM, and returns when it has ended.</summary>
    public async Task Stop()
    {
        Assert.Equal(0, LocalProcess.Kill(_process.Id, SigTerm));
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(_patience);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private async Task Ready(string project, Func<string, GrpcChannel> open)
    {
        await Task.WhenAny(_listening.Task, _reading).WaitAsync(_patience);
        if (!_listening.Task.IsCompleted)
        {
            throw new InvalidOperationException($"{project} ended before it listened: {await _errors}");
        }
        (Grpc, Http, Doors) = await _listening.Task;
        using var channel = open(Grpc);
        await Healthy.Await(channel);
    }

    private async Task Read()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
            if (Listening().Match(line) is { Success: true } match)
            {
                _listening.TrySetResult((Reached(match.Groups[1].Value), Reached(match.Groups[2].Value), Reached(match.Groups[4].Value)));
            }
        }
    }

    /// <summary>A wildcard address cannot be called.</summary>
    private static string Reached(string listening) => Everywhere().Replace(listening, "127.0.0.1:");

    [GeneratedRegex(@"^(\[::\]|0\.0\.0\.0):")]
    private static partial Regex Everywhere();

    [GeneratedRegex(@"\blistening grpc=(\S+) http=(\S+)( doors=(\S+))?$")]
    private static partial Regex Listening();
}
