using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Training.Tests;

public sealed class MemoryTests
{
    private const int WarmUp = 100;
    private const int Steps = 500;
    private const long MiB = 1 << 20;

    [Fact]
    public void Run_HundredsOfSteps_MemoryStaysFlat()
    {
        using var bundle = new SmallBundle();
        using var folder = new TemporaryFolder();
        var source = bundle.Open();
        using var networks = new TrainedNetworks(source, source.Manifest, CPU);
        var options = new TrainOptions { Steps = WarmUp + Steps, ValidateEvery = 200, Schedule = new ScheduleOptions(ScheduleKind.Constant) };
        using var run = new TrainingRun(
            networks, new FormulaBatches(56, 2, perEpoch: 50) { Epochs = 1 }, options,
            new TrainingOutput(folder["out"], folder["out.training"], ScalarType.Float32));
        var (tensors, resident) = (0L, 0L);
        run.Stepped += row =>
        {
            if (row.Step == WarmUp)
            {
                (tensors, resident) = (DisposeScopeManager.Statistics.ThreadTotalLiveCount, ResidentBytes());
            }
        };

        Assert.Equal(Outcome.Finished, run.Run(CancellationToken.None));

        // The last step's own tensors are gone by now, those of the first reading were still there.
        Assert.InRange(DisposeScopeManager.Statistics.ThreadTotalLiveCount, 0, tensors);
        var growth = ResidentBytes() - resident;
        // The gradients of one step kept, 200 KB, would be 100 MiB after so many.
        Assert.True(growth < 32 * MiB, $"grew by {growth / MiB} MiB");
    }

    private static long ResidentBytes()
    {
        // Managed garbage is not what is measured, nor pages that the collector keeps for more of it.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
