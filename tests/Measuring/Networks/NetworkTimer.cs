using System.Diagnostics;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Measuring.Networks;

/// <summary>Times a network, batch by batch.</summary>
public static class NetworkTimer
{
    private const int WarmUps = 3;

    /// <param name="run">The network. Runs in inference mode, each batch in a dispose scope of its own.</param>
    /// <param name="batch">Items of its batches.</param>
    /// <param name="seconds">How long, after some batches to warm up.</param>
    /// <param name="onCard">Whether the device runs asynchronously and must be waited for.</param>
    /// <param name="phases">Whether to measure the phases of a batch.</param>
    public static Timed Time(INetworkRun run, int batch, double seconds, bool onCard, bool phases)
    {
        using var inference = inference_mode();
        var watch = new PhaseWatch(onCard, phases);
        var started = Stopwatch.GetTimestamp();
        for (var warm = 0; warm < WarmUps; warm++)
        {
            RunOnce(run, watch);
            if (Stopwatch.GetElapsedTime(started).TotalSeconds > seconds)
            {
                break;
            }
        }
        watch.Reset();
        started = Stopwatch.GetTimestamp();
        do
        {
            RunOnce(run, watch);
        }
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds);
        return new Timed(batch * 1000 / watch.MedianMs, watch.MedianMs, watch.LeastMs, watch.Count, run.MultiplyAdds, watch.Phases);
    }

    private static void RunOnce(INetworkRun run, PhaseWatch watch)
    {
        using var scope = NewDisposeScope();
        watch.Begin();
        run.Run(watch);
        watch.End();
    }
}
