using MedMoE.Mesh.ServicesUnderTest;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.Resilience.Balance;

/// <summary>A process that runs a fifth of the time: it is stopped and continued fifty times a second.</summary>
internal sealed class SlowedProcess : IAsyncDisposable
{
    private static readonly TimeSpan _runs = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan _stands = TimeSpan.FromMilliseconds(16);

    private readonly CancellationTokenSource _enough = new();
    private readonly Task _work;

    public SlowedProcess(int process) => _work = Task.Factory.StartNew(
        () =>
        {
            while (!_enough.IsCancellationRequested)
            {
                LocalProcess.Kill(process, SigStop);
                Thread.Sleep(_stands);
                LocalProcess.Kill(process, SigContinue);
                Thread.Sleep(_runs);
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await _work;
        _enough.Dispose();
    }
}
