using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>The mesh cannot run, or cannot run as requested. The message is a single line for the user.</summary>
internal sealed class LocalMeshException(string reason) : InvalidInputException(reason);
