namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>What the image gate needs of a pyramid. Pooled is [8C], FP32; the timing is null if it came from the cache.</summary>
internal sealed record PyramidSummary(WireTensor Pooled, ModelInfo Model, Timing? Timing);
