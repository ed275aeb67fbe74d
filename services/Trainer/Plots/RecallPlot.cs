using MedMoE.Mesh.Trainer.Evaluation.Tasks;
using ScottPlot;

namespace MedMoE.Mesh.Trainer.Plots;

/// <summary>Recall against the number of answers looked at.</summary>
internal static class RecallPlot
{
    public static void Write(string path, RetrievalResult retrieval)
    {
        using var plot = Figure.New($"Retrieval within a report type, {retrieval.Candidates} candidates", "answers looked at, k", "Recall@k");
        Add(retrieval.ImageToTextCurve, "report by image");
        Add(retrieval.TextToImageCurve, "image by report");
        var chance = Add(retrieval.ChanceCurve, "chance");
        (chance.LinePattern, chance.LineWidth, chance.MarkerSize, chance.Color) = (LinePattern.Dashed, 1.5f, 0, Colors.Gray);
        plot.Axes.SetLimits(0.5, retrieval.Candidates + 0.5, 0, 1.03);
        plot.ShowLegend(Alignment.LowerRight);
        plot.SavePng(path, 720, 480);

        ScottPlot.Plottables.Scatter Add(IReadOnlyList<double> curve, string name)
        {
            var line = plot.Add.Scatter(Enumerable.Range(1, curve.Count).Select(k => (double)k).ToArray(), curve.ToArray());
            (line.LegendText, line.LineWidth, line.MarkerSize) = (name, 2, 5);
            return line;
        }
    }
}
