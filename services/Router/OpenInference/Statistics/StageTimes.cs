using MedMoE.Mesh.Router.OpenInference.Models;

namespace MedMoE.Mesh.Router.OpenInference.Statistics;

/// <summary>What the items of one request took in one network, or in a chain of them.</summary>
/// <param name="Ran">Items that a network ran for; the others came from the cache.</param>
/// <param name="Executions">Batches of the network, each counted for the part of it that these items were.</param>
/// <param name="Queue">Of the item that waited longest: the items run at once.</param>
/// <param name="Compute">Of the item that ran longest.</param>
internal sealed record StageTimes(int Ran, double Executions, TimeSpan Queue, TimeSpan Compute)
{
    public static StageTimes Of(IEnumerable<Stage> stages)
    {
        Timing[] timings = [.. stages.Select(stage => stage.Timing).OfType<Timing>()];
        return new StageTimes(
            timings.Length,
            // Items that share a timing shared a run; the rest of a batch were other requests'.
            timings.GroupBy(timing => timing, (IEqualityComparer<Timing>)ReferenceEqualityComparer.Instance)
                .Sum(run => Math.Min(1, run.Count() / Math.Max(1.0, run.Key.BatchSize))),
            TimeSpan.FromMilliseconds(timings.Select(timing => timing.QueueMs).DefaultIfEmpty().Max()),
            TimeSpan.FromMilliseconds(timings.Select(timing => timing.ModelMs).DefaultIfEmpty().Max()));
    }

    /// <summary>A chain of stages: an item ran if one of its networks did, and the chain is one execution of it.</summary>
    public static StageTimes Chain(IReadOnlyList<StageTimes> stages, int ran) => new(
        ran, ran > 0 ? 1 : 0, stages.Aggregate(TimeSpan.Zero, (sum, stage) => sum + stage.Queue),
        stages.Aggregate(TimeSpan.Zero, (sum, stage) => sum + stage.Compute));
}
