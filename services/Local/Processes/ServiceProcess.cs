using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>The process of one replica.</summary>
internal sealed class ServiceProcess : IDisposable
{
    /// <summary>Timeout for loading the model and the warm-up run.</summary>
    private static readonly TimeSpan _startTimeout = TimeSpan.FromMinutes(3);

    /// <summary>Running calls may take 30 s (Serving:ShutdownTimeout), and the host a little more.</summary>
    private static readonly TimeSpan _stopTimeout = TimeSpan.FromSeconds(35);

    private static readonly TimeSpan _outputTimeout = TimeSpan.FromSeconds(2);

    private readonly ProcessSpec _spec;
    private readonly string _name;
    private readonly MeshTransport _transport;
    private readonly Process _process;
    private readonly TaskCompletionSource<Listening> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _firstError;

    private ServiceProcess(ProcessSpec spec, string name, MeshTransport transport, Process process, Action<string> log)
    {
        (_spec, _name, _transport) = (spec, name, transport);
        _process = process;
        Id = process.Id;
        Ended = Follow(log);
    }

    public int Id { get; }

    /// <summary>Completes when the process has ended and its output has been read.</summary>
    public Task Ended { get; }

    public bool EndedCleanly => _process.HasExited && _process.ExitCode == 0;

    /// <summary>Why the process ended: the first line of its standard error, or its exit code.</summary>
    public string Reason => _firstError ?? $"ended with exit code {_process.ExitCode}";

    /// <exception cref="LocalMeshException">The process cannot be started.</exception>
    public static ServiceProcess Start(ProcessSpec spec, string name, int httpPort, MeshTransport transport, Action<string> log)
    {
        string[] own = [$"--Serving:Replica={name}", string.Create(CultureInfo.InvariantCulture, $"--Serving:HttpPort={httpPort}")];
        // A new session: Ctrl-C goes to the terminal's whole process group, and would stop all services at once instead of callers first.
        var start = new ProcessStartInfo("setsid", ["dotnet", spec.Assembly, .. spec.Arguments, .. own])
        {
            // Never written to. A service stops when the pipe is closed (Serving:StopWithInput), so that none outlives this process.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        ServiceEnvironment.Complete(start.Environment, spec.Service.Kind.RunsNetwork);
        try
        {
            return new ServiceProcess(spec, name, transport, Process.Start(start)!, log);
        }
        catch (Win32Exception e)
        {
            throw new LocalMeshException($"{name}: {e.Message}");
        }
    }

    /// <summary>Waits until the service reports SERVING.</summary>
    /// <exception cref="LocalMeshException">The process ended, or the timeout has passed.</exception>
    public async Task<Listening> WaitUntilHealthy(CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(_startTimeout);
        var healthy = WatchUntilHealthy(timeout.Token);
        await Task.WhenAny(healthy, Ended);
        if (Ended.IsCompleted)
        {
            await timeout.CancelAsync();
            await ((Task)healthy).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new LocalMeshException($"{_name}: {Reason}");
        }
        try
        {
            return await healthy;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            var missing = _listening.Task.IsCompleted ? "did not report that it serves" : "did not report where it listens";
            throw new LocalMeshException($"{_name} (pid {Id}) {missing} within {_startTimeout.TotalSeconds} s");
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            // It has probably died; wait shortly for its exit, which gives a better reason.
            await Ended.WaitAsync(_outputTimeout, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new LocalMeshException(
                Ended.IsCompleted ? $"{_name}: {Reason}" : $"{_name} (pid {Id}) does not report its health: {e.Status.Detail}");
        }
    }

    /// <summary>Sends SIGTERM, and kills the process after a timeout or when <paramref name="hurry"/> is cancelled.</summary>
    public async Task Stop(CancellationToken hurry)
    {
        Signals.Terminate(_process);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        timeout.CancelAfter(_stopTimeout);
        await Ended.WaitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Kill();
        await Ended;
    }

    public void Dispose() => _process.Dispose();

    private async Task<Listening> WatchUntilHealthy(CancellationToken cancellation)
    {
        var listening = await _listening.Task.WaitAsync(cancellation);
        using var channel = GrpcChannel.ForAddress(
            _transport.AddressOf(listening.Grpc)!,
            new GrpcChannelOptions { HttpHandler = _transport.Secure(new SocketsHttpHandler(), _spec.Service.Name), DisposeHttpClient = true });
        using var watch = new Health.HealthClient(channel).Watch(new HealthCheckRequest(), cancellationToken: cancellation);
        try
        {
            await foreach (var change in watch.ResponseStream.ReadAllAsync(cancellation))
            {
                if (change.Status == HealthCheckResponse.Types.ServingStatus.Serving)
                {
                    return listening;
                }
            }
        }
        catch (RpcException e) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
        throw new RpcException(new Status(StatusCode.Unavailable, "its health stream ended"));
    }

    private async Task Follow(Action<string> log)
    {
        var output = ReadLines(_process.StandardOutput, line =>
        {
            if (Listening.Parse(line) is { } listening)
            {
                _listening.TrySetResult(listening);
            }
            else
            {
                log(line);
            }
        });
        var error = ReadLines(_process.StandardError, line =>
        {
            _firstError ??= line;
            log(line);
        });
        await _process.WaitForExitAsync();
        // A child of the process might hold its output open.
        await Task.WhenAll(output, error).WaitAsync(_outputTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task ReadLines(StreamReader reader, Action<string> each)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                each(line);
            }
        }
    }
}
