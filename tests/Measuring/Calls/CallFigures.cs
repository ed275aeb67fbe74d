namespace MedMoE.Mesh.Measuring.Calls;

/// <summary>Results of a run of calls.</summary>
/// <param name="Calls">Number of ended calls.</param>
/// <param name="Failures">By status; empty if none failed.</param>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="P50Ms">Latency of the answers.</param>
/// <param name="P95Ms">The same.</param>
/// <param name="P99Ms">The same.</param>
/// <param name="Services">Mean times by service, from the answers; only services that ran.</param>
public sealed record CallFigures(
    int Calls, IReadOnlyDictionary<string, int> Failures, double PerSecond, double P50Ms, double P95Ms, double P99Ms,
    IReadOnlyDictionary<string, ServiceFigures> Services);

/// <summary>Means over the answers for which a service ran.</summary>
/// <param name="QueueMs">Time in the queue.</param>
/// <param name="ModelMs">Time in the model, including copies to and from the device.</param>
/// <param name="Batch">Batch size.</param>
public sealed record ServiceFigures(double QueueMs, double ModelMs, double Batch);
