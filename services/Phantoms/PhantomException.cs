using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Phantoms;

/// <summary>An invalid request for phantoms.</summary>
internal sealed class PhantomException(string reason) : InvalidInputException(reason);
