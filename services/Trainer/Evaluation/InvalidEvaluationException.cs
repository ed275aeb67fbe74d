using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Trainer.Evaluation;

/// <summary>Data, prompts or options that cannot be evaluated with.</summary>
internal sealed class InvalidEvaluationException(string reason) : InvalidInputException(reason);
