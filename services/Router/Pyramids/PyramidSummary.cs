using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>What is small about a pyramid, and all that the image gate needs.</summary>
/// <param name="Pooled">The pooled feature, [8C], FP32.</param>
/// <param name="Model">The backbone that made it.</param>
/// <param name="Timing">How long that took; null where it came from the cache.</param>
internal sealed record PyramidSummary(WireTensor Pooled, ModelInfo Model, Timing? Timing);
