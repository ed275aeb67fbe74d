using MedMoE.Mesh.Bundle.Gating;

namespace MedMoE.Mesh.Model.Analysis;

/// <summary>What MedMoE says of an image, with or without a report.</summary>
/// <param name="ModelVersion">Name and version of the bundle.</param>
/// <param name="Notice">The bundle's notice.</param>
/// <param name="Digests">SHA-256 of what was read of each part, by the part's folder.</param>
/// <param name="Gate">Which expert ran, and why.</param>
/// <param name="ImageEmbedding">v_g, the mean of the local features, [D].</param>
/// <param name="GridSide">Positions on a side of the finest grid.</param>
/// <param name="Text">What the report's words found; null without a report.</param>
/// <param name="Notes">What to tell of the image, such as that it seems too dark; none for most.</param>
public sealed record ImageAnalysis(
    string ModelVersion, string? Notice, IReadOnlyDictionary<string, string> Digests, GateReading Gate, float[] ImageEmbedding, int GridSide,
    TextGrounding? Text, IReadOnlyList<string> Notes);

/// <summary>The gate's decision in names.</summary>
/// <param name="Policy">The policy that decided.</param>
/// <param name="Expert">The expert that ran.</param>
/// <param name="Probabilities">By expert, in the manifest's order.</param>
/// <param name="Others">What the other gates would have said, where that cost nothing.</param>
public sealed record GateReading(
    GatingPolicy Policy, string Expert, IReadOnlyDictionary<string, float> Probabilities, IReadOnlyList<GateReading> Others);

/// <summary>A report against an image.</summary>
/// <param name="GlobalSimilarity">cos(v_g, t_g).</param>
/// <param name="LocalSimilarity">log Σ exp(temperature · cos(word, context)).</param>
/// <param name="Truncated">Whether the report was longer than the model reads.</param>
/// <param name="Words">Its words in order.</param>
public sealed record TextGrounding(float GlobalSimilarity, float LocalSimilarity, bool Truncated, IReadOnlyList<WordGrounding> Words);

/// <summary>A word of the report and where it looked.</summary>
/// <param name="Word">As it stands in the report.</param>
/// <param name="Start">Its first character in the report, in UTF-16 code units.</param>
/// <param name="End">The character after its last.</param>
/// <param name="Similarity">Cosine of the word and what it saw, -1..1.</param>
/// <param name="Peak">Where it looks most: [row, column] of the finest grid.</param>
/// <param name="Attention">[GridSide, GridSide], row-major; sums to 1. Empty where it was not asked for.</param>
public sealed record WordGrounding(string Word, int Start, int End, float Similarity, IReadOnlyList<int> Peak, float[] Attention);
