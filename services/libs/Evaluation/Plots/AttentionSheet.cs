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
        using var sheet = new PanelSheet(2 * examples.Count, Columns, Theme.Dark,
        [
            new Paragraph("Attention of phrases of the report", TextStyle.Title),
            new Paragraph($"{PanelSheet.Disclaimer} Model: {model}", TextStyle.Warning),
            new Paragraph(
                "Outline: the finding. Colours: attention as a multiple of its mean over the image, one scale for all phrases. Ring: its peak.",
                TextStyle.Detail),
        ]);
        var scale = AttentionScale.OfAll(examples.Select(example => example.Map));
        var decoder = new ImageDecoder();
        foreach (var (i, example) in examples.Index())
        {
            var (plain, seen, region, map) = (2 * i, (2 * i) + 1, example.Region, example.Map);
            var frames = sheet.Image(decoder.Decode(example.Study.Image), plain, seen);
            sheet.Label(plain, new($"{example.Type}: {example.Finding}", MostLines: 1), new(example.Study.Key, TextStyle.Detail, 1));
            sheet.Attention(seen, frames[1], map, example.GridSide, scale);
            sheet.Label(seen, new Paragraph(example.Phrase, MostLines: 2));
            foreach (var frame in frames)
            {
                sheet.Outline(frame, region.Inside, region.Width, region.Height);
            }
        }
        sheet.Write(path);
    }
}
