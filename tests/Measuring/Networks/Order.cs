namespace MedMoE.Mesh.Measuring.Networks;

/// <summary>A measurement to make.</summary>
/// <param name="Network">"swin", "text", "expert", or "chain": all of them in one process, from PNGs to answers.</param>
/// <param name="Batch">Images or texts in a batch.</param>
/// <param name="Precision">"fp32", "tf32", "bf16" or "fp16".</param>
/// <param name="Seconds">How long to measure, after warming up.</param>
public sealed record Order(string Network, int Batch, string Precision, double Seconds);

/// <summary>The result.</summary>
/// <param name="PerSecond">Images or texts per second, at the median time of a batch.</param>
/// <param name="MedianMs">Time of a batch.</param>
/// <param name="LeastMs">Time of the fastest batch.</param>
/// <param name="Runs">Batches timed.</param>
/// <param name="MultiplyAdds">For one image or text; 0 if not counted.</param>
/// <param name="Phases">Median milliseconds of each phase of a batch, in order; only for the chain.</param>
/// <param name="Error">Why there is no result, in one line; otherwise null.</param>
public sealed record Timed(
    double PerSecond, double MedianMs, double LeastMs, int Runs, long MultiplyAdds, IReadOnlyDictionary<string, double>? Phases = null,
    string? Error = null);
