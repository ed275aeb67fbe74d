using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Phantoms;

/// <summary>Phantoms that cannot be made as asked for.</summary>
internal sealed class PhantomException(string reason) : InvalidInputException(reason);
