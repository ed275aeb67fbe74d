using System.Globalization;
using MedMoE.Mesh.Drawing;
using MedMoE.Mesh.Imaging;
using MedMoE.Mesh.Model.Analysis;

namespace MedMoE.Mesh.Analyzer.Output;

/// <summary>A sheet of panels: the image, and for each word the image with the word's attention.</summary>
internal static class AttentionOverlay
{
    private const int MostColumns = 6;

    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, byte[] image, ImageAnalysis analysis)
    {
        var decoded = new ImageDecoder().Decode(image);
        var (gate, text) = (analysis.Gate, analysis.Text!);
        using var sheet = new PanelSheet(text.Words.Count + 1, MostColumns);
        sheet.Title(
            Invariant($"{gate.Expert} expert, by {gate.Policy.ToString().ToLowerInvariant()}"),
            Invariant($"{analysis.ModelVersion}   global similarity {text.GlobalSimilarity:F3}   local similarity {text.LocalSimilarity:F3}"));
        sheet.Image(0, decoded);
        sheet.LabelWithLegend(0, "image", "attention, none to most");
        for (var i = 0; i < text.Words.Count; i++)
        {
            var word = text.Words[i];
            sheet.Attention(sheet.Image(i + 1, decoded), word.Attention, analysis.GridSide, word.Peak);
            sheet.Label(i + 1, word.Word, Invariant($"similarity {word.Similarity:F3}   peak {word.Peak[0]}, {word.Peak[1]}"));
        }
        sheet.Write(path);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
