using System.Text.Encodings.Web;
using System.Text.Json;
using MedMoE.Mesh.Model.Analysis;

namespace MedMoE.Mesh.Analyzer.Output;

/// <summary>An analysis as JSON, names in snake_case.</summary>
internal static class AnalysisJson
{
    private static readonly JsonSerializerOptions _options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        // Do not escape letters: people read the reports.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Format(ImageAnalysis analysis) => JsonSerializer.Serialize(
        new
        {
            analysis.ModelVersion,
            analysis.Notice,
            analysis.Notes,
            Digests = analysis.Digests.OrderBy(d => d.Key, StringComparer.Ordinal).ToDictionary(),
            Gate = new
            {
                Policy = Name(analysis.Gate),
                analysis.Gate.Expert,
                analysis.Gate.Probabilities,
                Others = analysis.Gate.Others.Select(other => new { Policy = Name(other), other.Expert, other.Probabilities }),
            },
            analysis.Text?.GlobalSimilarity,
            analysis.Text?.LocalSimilarity,
            Truncated = analysis.Text?.Truncated ?? false,
            UnknownWords = analysis.Text?.UnknownWords ?? 0,
            Words = (analysis.Text?.Words ?? []).Select(word => new { word.Word, word.Start, word.End, word.Similarity, word.Peak }),
            Grid = new[] { analysis.GridSide, analysis.GridSide },
            analysis.ImageEmbedding,
        },
        _options) + "\n";

    private static string Name(GateReading gate) => gate.Policy.ToString().ToLowerInvariant();
}
