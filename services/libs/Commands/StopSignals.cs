using System.Runtime.InteropServices;

namespace MedMoE.Mesh.Commands;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP: the first asks to stop, the second to stop at once. .NET leaves signals ignored that the parent process had set to be
/// ignored: a shell's background job survives Ctrl-C, and nohup's a hang-up.
/// </summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
        [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Handle))];

    public CancellationToken Stop => _stop.Token;

    public CancellationToken Hurry => _hurry.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
        _stop.Dispose();
        _hurry.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        (_stop.IsCancellationRequested ? _hurry : _stop).Cancel();
    }
}
