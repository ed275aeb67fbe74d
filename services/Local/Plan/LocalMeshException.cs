using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>A mesh that cannot run, or cannot run as asked. The message is one line for whoever asked.</summary>
internal sealed class LocalMeshException(string reason) : InvalidInputException(reason);
