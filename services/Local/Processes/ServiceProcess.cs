using System.ComponentModel;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>A service as a process: started, listened to, asked for its health, and stopped.</summary>
internal sealed class ServiceProcess : IDisposable
{
    /// <summary>How long a service may take to load its model and run it once.</summary>
    private static readonly TimeSpan _startPatience = TimeSpan.FromMinutes(3);

    /// <summary>Running calls may take 30 s (Serving:ShutdownTimeout), and the host a moment around them.</summary>
    private static readonly TimeSpan _stopPatience = TimeSpan.FromSeconds(35);

    private static readonly TimeSpan _outputPatience = TimeSpan.FromSeconds(2);

    private readonly string _name;
    private readonly Process _process;
    private readonly TaskCompletionSource<Listening> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _firstError;

    private ServiceProcess(string name, Process process, Action<string> log)
    {
        _name = name;
        _process = process;
        Id = process.Id;
        Ended = Follow(log);
    }

    public int Id { get; }

    /// <summary>Completes when it has ended and all of its output is read.</summary>
    public Task Ended { get; }

    /// <summary>Whether it ended as one does that is asked to.</summary>
    public bool EndedCleanly => _process.HasExited && _process.ExitCode == 0;

    /// <summary>Why it ended: the first line of its standard error, or its exit code.</summary>
    public string Reason => _firstError ?? $"ended with exit code {_process.ExitCode}";

    /// <param name="spec">The service.</param>
    /// <param name="name">The replica's name.</param>
    /// <param name="log">Gets each line of its output.</param>
    /// <exception cref="LocalMeshException">The system does not start it.</exception>
    public static ServiceProcess Start(ProcessSpec spec, string name, Action<string> log)
    {
        // A session of its own, for a Ctrl-C goes to the terminal's whole group: services would all stop at once, not callers first.
        var start = new ProcessStartInfo("setsid", ["dotnet", spec.Assembly, .. spec.Arguments])
        {
            // Never written to; a service stops when this end is gone (Serving:StopWithInput).
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // OpenMP's threads spin while they wait for work, on cores that the other services' networks want: without it an image took 0.75 of
        // the time, alone on two cores.
        start.Environment.TryAdd("OMP_WAIT_POLICY", "PASSIVE");
        try
        {
            return new ServiceProcess(name, Process.Start(start)!, log);
        }
        catch (Win32Exception e)
        {
            throw new LocalMeshException($"{name}: {e.Message}");
        }
    }

    /// <summary>Waits until it says that it serves.</summary>
    /// <exception cref="LocalMeshException">It ended before, or it took too long.</exception>
    public async Task<Listening> WaitUntilHealthy(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(_startPatience);
        var healthy = WatchUntilHealthy(patience.Token);
        await Task.WhenAny(healthy, Ended);
        if (Ended.IsCompleted)
        {
            await patience.CancelAsync();
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
            throw new LocalMeshException($"{_name} (pid {Id}) {missing} within {_startPatience.TotalSeconds} s");
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            // Most likely it has died, which the system tells a moment later.
            await Ended.WaitAsync(_outputPatience, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new LocalMeshException(
                Ended.IsCompleted ? $"{_name}: {Reason}" : $"{_name} (pid {Id}) does not tell its health: {e.Status.Detail}");
        }
    }

    /// <summary>Asks it to end, and ends it where it does not, or as soon as <paramref name="hurry"/> says so.</summary>
    public async Task Stop(CancellationToken hurry)
    {
        Signals.Terminate(_process);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        patience.CancelAfter(_stopPatience);
        await Ended.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Kill();
        await Ended;
    }

    public void Dispose() => _process.Dispose();

    private async Task<Listening> WatchUntilHealthy(CancellationToken cancellation)
    {
        var listening = await _listening.Task.WaitAsync(cancellation);
        using var channel = GrpcChannel.ForAddress(MeshTransport.AddressOf(listening.Grpc)!);
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
        // Something that it started itself might hold its output open.
        await Task.WhenAll(output, error).WaitAsync(_outputPatience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
