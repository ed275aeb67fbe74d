namespace MedMoE.Mesh.GpuCheck.Calls;

/// <summary>What came of a run of calls.</summary>
/// <param name="Calls">That ended.</param>
/// <param name="Failures">By status; empty where none failed.</param>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="P50Ms">Latency of the answers.</param>
/// <param name="P95Ms">The same.</param>
/// <param name="P99Ms">The same.</param>
/// <param name="Services">Where the time went, by service, as the answers tell; those that ran alone.</param>
internal sealed record CallFigures(
    int Calls, IReadOnlyDictionary<string, int> Failures, double PerSecond, double P50Ms, double P95Ms, double P99Ms,
    IReadOnlyDictionary<string, ServiceFigures> Services);

/// <summary>Means over the answers in which a service ran.</summary>
/// <param name="QueueMs">Waiting for the model.</param>
/// <param name="ModelMs">In the model, copies to and from the device included.</param>
/// <param name="Batch">Items of the batches.</param>
internal sealed record ServiceFigures(double QueueMs, double ModelMs, double Batch);
