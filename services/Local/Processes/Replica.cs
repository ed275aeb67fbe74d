using System.Globalization;
using MedMoE.Mesh.Local.Plan;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.Local.Processes;

/// <summary>One replica of a service. Once it has been healthy, its process is restarted whenever it ends, until <see cref="Stop"/>.</summary>
internal sealed class Replica
{
    private readonly MeshTransport _transport;
    private readonly MeshLog _log;
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _run;
    private TimeSpan _drain;
    private CancellationToken _hurry;
    private volatile ServiceProcess? _process;
    private volatile Listening? _listening;
    private ProcessSpec _again;

    /// <summary>Starts the replica; <paramref name="changed"/> is called when it becomes healthy and when it no longer is.</summary>
    public Replica(ProcessSpec spec, int number, int httpPort, MeshTransport transport, MeshLog log, TimeProvider time, Action changed)
    {
        (Spec, _again, Number, HttpPort, _transport, _log, _time, _changed) = (spec, spec, number, httpPort, transport, log, time, changed);
        _run = Task.Run(Run);
    }

    /// <summary>What its process runs after its next start.</summary>
    public ProcessSpec Spec { get; private set; }

    public int Number { get; }

    /// <summary>0: chosen by the system.</summary>
    public int HttpPort { get; }

    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Spec.Name}/{Number}");

    /// <summary>Completes when it is first healthy; faults if it ends before, and then it is not restarted.</summary>
    public Task Ready => _ready.Task;

    public ReplicaStatus Status => new(Spec.Service.Name, Number, _process?.Id, _listening);

    /// <summary>Runs the same from another place after its next start.</summary>
    public void StartAgainAs(ProcessSpec spec) => (Spec, _again) = (spec, _listening is { } now ? spec.At(now.Grpc) : spec);

    /// <summary>Removes it from the endpoints, and then stops it for good.</summary>
    /// <param name="drain">Time for callers to notice the removal before the process gets the signal.</param>
    /// <param name="hurry">Skips the drain and kills the process.</param>
    public async Task Stop(TimeSpan drain, CancellationToken hurry)
    {
        (_drain, _hurry) = (drain, hurry);
        await _stopping.CancelAsync();
        await _run;
    }

    private async Task Run()
    {
        var backOff = new BackOff();
        while (!_stopping.IsCancellationRequested)
        {
            var started = _time.GetTimestamp();
            var (reason, cleanly) = await RunOnce();
            if (_stopping.IsCancellationRequested)
            {
                break;
            }
            if (!_ready.Task.IsCompleted)
            {
                _ready.SetException(new LocalMeshException(reason));
                return;
            }
            var wait = backOff.Next(_time.GetElapsedTime(started), cleanly);
            var waited = Task.Delay(wait, _time, _stopping.Token);
            Action<string> tell = cleanly ? _log.Info : _log.Warn;
            tell(wait == TimeSpan.Zero
                ? $"{reason}; restarting"
                : string.Create(CultureInfo.InvariantCulture, $"{reason}; restarting in {wait.TotalSeconds:0.0} s"));
            await waited.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _ready.TrySetCanceled();
    }

    /// <returns>Why it ended, and whether it was healthy and ended on request.</returns>
    private async Task<(string Reason, bool Cleanly)> RunOnce()
    {
        try
        {
            using var process = ServiceProcess.Start(_again, Name, HttpPort, _transport, line => _log.Pass(Name, line));
            _process = process;
            try
            {
                await Follow(process);
            }
            finally
            {
                await Leave(process);
            }
            return ($"{Name}: {process.Reason}", process.EndedCleanly);
        }
        catch (LocalMeshException e)
        {
            return (e.Message, false);
        }
        catch (OperationCanceledException)
        {
            return ($"{Name}: stopped", false);
        }
    }

    private async Task Follow(ServiceProcess process)
    {
        _listening = await process.WaitUntilHealthy(_stopping.Token);
        _again = Spec.At(_listening.Grpc);
        _changed();
        _ready.TrySetResult();
        await process.Ended.WaitAsync(_stopping.Token);
    }

    private async Task Leave(ServiceProcess process)
    {
        var wasHealthy = _listening is not null;
        _listening = null;
        if (wasHealthy)
        {
            _changed();
        }
        if (wasHealthy && !process.Ended.IsCompleted && _drain > TimeSpan.Zero)
        {
            await Task.Delay(_drain, _time, _hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await process.Stop(_hurry);
        _process = null;
    }
}
