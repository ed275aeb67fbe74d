using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>Data, prompts or options that cannot be evaluated with.</summary>
public sealed class InvalidEvaluationException(string reason) : InvalidInputException(reason);
