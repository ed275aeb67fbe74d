using MedMoE.Mesh.Evaluation.Metrics;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>A phrase of a report that can be grounded: it has at least one word that the model reads, and its region is not empty.</summary>
internal sealed record Phrase(string Finding, string Text, int[] Words, Region Region);
