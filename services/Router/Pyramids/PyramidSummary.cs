using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>The small part of a pyramid, which is all that the image gate needs.</summary>
/// <param name="Pooled">The pooled feature, [8C], FP32.</param>
/// <param name="Model">The backbone that computed it.</param>
/// <param name="Timing">The backbone's time; null if the feature came from the cache.</param>
internal sealed record PyramidSummary(WireTensor Pooled, ModelInfo Model, Timing? Timing);
