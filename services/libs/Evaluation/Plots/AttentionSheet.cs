using MedMoE.Mesh.Drawing;
using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Imaging;

namespace MedMoE.Mesh.Evaluation.Plots;

/// <summary>A contact sheet: for each study the image with the finding's outline, and next to it the phrase's attention.</summary>
internal static class AttentionSheet
{
    private const int Columns = 6;

    public static void Write(string path, string model, IReadOnlyList<GroundedExample> examples)
    {
        using var sheet = new PanelSheet(2 * examples.Count, Columns);
        sheet.Title("Attention of phrases of the report", $"{model}   outline: the finding   ring: the attention's peak");
        var decoder = new ImageDecoder();
        for (var i = 0; i < examples.Count; i++)
        {
            var (example, decoded) = (examples[i], decoder.Decode(examples[i].Study.Image));
            var (region, map, side) = (example.Region, example.Map, example.GridSide);
            var plain = sheet.Image(2 * i, decoded);
            sheet.Outline(plain, region.Inside, region.Width, region.Height);
            sheet.Label(2 * i, $"{example.Type}: {example.Finding}", example.Study.Key);
            var seen = sheet.Image((2 * i) + 1, decoded);
            var peak = System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(map);
            sheet.Attention(seen, map, side, [peak / side, peak % side]);
            sheet.Outline(seen, region.Inside, region.Width, region.Height);
            sheet.LabelWithLegend((2 * i) + 1, example.Phrase, "attention, none to most");
        }
        sheet.Write(path);
    }
}
