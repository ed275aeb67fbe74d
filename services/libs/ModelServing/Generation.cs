using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.ModelServing;

/// <summary>A network as loaded from one bundle, and the description of it in answers.</summary>
public sealed record Generation<TNetwork>(TNetwork Network, ModelBundle Bundle, ModelInfo Info);
