using System.Globalization;
using MedMoE.Mesh.Bundle.Gating;
using MedMoE.Mesh.Drawing;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Model.Analysis;

namespace MedMoE.Mesh.Analyzer.Output;

/// <summary>How an overlay is drawn.</summary>
/// <param name="Theme">Colours around the images.</param>
/// <param name="OneScale">Whether all words of the report share one scale of colours.</param>
/// <param name="Words">Words to show; with <paramref name="Phrases"/> empty, too, all.</param>
/// <param name="Phrases">Neighbouring words to show together, as the mean of their attention.</param>
internal sealed record OverlayStyle(Theme Theme, bool OneScale, IReadOnlyList<string> Words, IReadOnlyList<string> Phrases);

/// <summary>A sheet of panels: the image, and for each word or phrase the image with its attention.</summary>
internal static class AttentionOverlay
{
    private const int MostColumns = 6;
    private const int MostLinesCut = 6;

    /// <exception cref="InvalidRequestException">A chosen word or phrase is not among what the model read of the report.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, byte[] image, string report, ImageAnalysis analysis, OverlayStyle style)
    {
        var text = analysis.Text!;
        var shown = AttentionMap.Of(text, style.Words, style.Phrases);
        var decoded = new ImageDecoder().Decode(image);
        var panels = shown.Count + 1;
        var rows = (panels + MostColumns - 1) / MostColumns;
        using var sheet = new PanelSheet(panels, (panels + rows - 1) / rows, style.Theme, Header(report, analysis, style));
        var frames = sheet.Image(decoded, Enumerable.Range(0, panels));
        sheet.Label(0, new Paragraph("image"));
        var oneScale = style.OneScale ? AttentionScale.OfAll(text.Words.Select(word => word.Attention)) : null;
        foreach (var (i, map) in shown.Index())
        {
            var detail = $"{map.Detail}, peak {AttentionScale.Format(AttentionScale.MostOf(map.Attention))} × mean";
            sheet.Label(i + 1, new(map.Label, MostLines: 1), new(detail, TextStyle.Detail, 1));
            sheet.Attention(i + 1, frames[i + 1], map.Attention, analysis.GridSide, oneScale ?? AttentionScale.OfOne(map.Attention));
        }
        sheet.Write(path);
    }

    private static IEnumerable<Paragraph> Header(string report, ImageAnalysis analysis, OverlayStyle style)
    {
        var (gate, text) = (analysis.Gate, analysis.Text!);
        var chosen = gate.Policy == GatingPolicy.Explicit ? "named by the caller"
            : Invariant($"probability {gate.Probabilities[gate.Expert]:F3}, by {gate.Policy.ToString().ToLowerInvariant()}");
        yield return new Paragraph($"{gate.Expert} expert, {chosen}", TextStyle.Title);
        yield return new Paragraph(
            PanelSheet.Disclaimer + (analysis.Notice is null ? "" : $" The model's notice: {analysis.Notice}"), TextStyle.Warning);
        foreach (var note in analysis.Notes)
        {
            yield return new Paragraph($"Note on the image: {note}", TextStyle.Warning);
        }
        yield return new Paragraph(
            Invariant($"Model: {analysis.ModelVersion}; global similarity {text.GlobalSimilarity:F3}, local similarity {text.LocalSimilarity:F3}"),
            TextStyle.Detail);
        yield return new Paragraph(
            $"Colours: attention as a multiple of its mean over the image, {(style.OneScale ? "one scale for all words" : "a scale for each word")}. "
            + "Ring: its peak.",
            TextStyle.Detail);
        var end = text.Words[^1].End;
        yield return new Paragraph($"Report: {report[..end]}");
        if (text.Truncated)
        {
            yield return new Paragraph($"Cut, not read by the model: {report[end..]}", TextStyle.Warning, MostLinesCut);
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
