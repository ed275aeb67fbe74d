using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.ModelServing;

/// <summary>A network that was loaded from a bundle at one time, and what answers say of it.</summary>
/// <param name="Network">The network.</param>
/// <param name="Bundle">Where it is from.</param>
/// <param name="Info">For answers that it gave.</param>
public sealed record Generation<TNetwork>(TNetwork Network, ModelBundle Bundle, ModelInfo Info);
