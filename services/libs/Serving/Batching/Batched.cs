namespace MedMoE.Mesh.Serving.Batching;

/// <summary>A result and where its time went.</summary>
/// <param name="Value">The result.</param>
/// <param name="Queued">From arrival to the start of its batch.</param>
/// <param name="Model">The whole batch's time in the model.</param>
/// <param name="BatchSize">Requests in the batch.</param>
public sealed record Batched<T>(T Value, TimeSpan Queued, TimeSpan Model, int BatchSize);
