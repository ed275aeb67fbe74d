using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>Data, prompts or options cannot be used for an evaluation.</summary>
public sealed class InvalidEvaluationException(string reason) : InvalidInputException(reason);
