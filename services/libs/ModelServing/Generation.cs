using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.ModelServing;

/// <summary>A network as loaded from one bundle.</summary>
/// <param name="Network">The loaded network.</param>
/// <param name="Bundle">The bundle that it was loaded from; the files may have changed since.</param>
/// <param name="Info">The description of it in answers.</param>
/// <param name="Form">A digest of all but the weights: a network of another form cannot take its place in a running service.</param>
public sealed record Generation<TNetwork>(TNetwork Network, ModelBundle Bundle, ModelInfo Info, string Form);
