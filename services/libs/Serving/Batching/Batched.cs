namespace MedMoE.Mesh.Serving.Batching;

/// <summary>A result, its time in the queue (arrival to start of the batch), and the size and model time of the whole batch.</summary>
public sealed record Batched<T>(T Value, TimeSpan Queued, TimeSpan Model, int BatchSize);
