using MedMoE.Mesh.Bundle.Gating;

namespace MedMoE.Mesh.Model.Analysis;

/// <summary>MedMoE's analysis of an image, with or without a report.</summary>
/// <param name="ModelVersion">Name and version of the bundle.</param>
/// <param name="Notice">The bundle's notice.</param>
/// <param name="Digests">SHA-256 of the files of each part used, by the part's folder.</param>
/// <param name="Gate">Which expert ran, and why.</param>
/// <param name="ImageEmbedding">v_g, the mean of the local features, [D].</param>
/// <param name="GridSide">Positions per side of the finest grid.</param>
/// <param name="Text">The grounding of the report; null without a report.</param>
/// <param name="Notes">Warnings about the image, such as that it seems too dark; usually empty.</param>
public sealed record ImageAnalysis(
    string ModelVersion, string? Notice, IReadOnlyDictionary<string, string> Digests, GateReading Gate, float[] ImageEmbedding, int GridSide,
    TextGrounding? Text, IReadOnlyList<string> Notes);

/// <summary>The gate's decision with expert names; the others are the decisions of gates that were computed but not used.</summary>
public sealed record GateReading(
    GatingPolicy Policy, string Expert, IReadOnlyDictionary<string, float> Probabilities, IReadOnlyList<GateReading> Others);

/// <summary>
/// A report compared with an image: global similarity cos(v_g, t_g), local similarity log Σ exp(temperature · cos(word, context)), whether the report
/// was truncated, how many of its words the vocabulary does not have, and its words in order.
/// </summary>
public sealed record TextGrounding(
    float GlobalSimilarity, float LocalSimilarity, bool Truncated, int UnknownWords, IReadOnlyList<WordGrounding> Words);

/// <summary>A word of the report and its attention.</summary>
/// <param name="Word">Verbatim.</param>
/// <param name="Start">First character in the report, in UTF-16 code units.</param>
/// <param name="End">The character after the last.</param>
/// <param name="Similarity">Cosine of the word and its context, -1..1.</param>
/// <param name="Peak">Position of the largest attention: [row, column] of the finest grid.</param>
/// <param name="Attention">[GridSide, GridSide], row-major; sums to 1. Empty if not requested.</param>
public sealed record WordGrounding(string Word, int Start, int End, float Similarity, IReadOnlyList<int> Peak, float[] Attention);
