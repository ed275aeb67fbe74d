using MedMoE.Mesh.Drawing;
using ScottPlot;

namespace MedMoE.Mesh.Evaluation.Plots;

/// <summary>Recall@1, @2, … by the number of answers considered.</summary>
internal static class RecallPlot
{
    public static void Write(
        string path, string model, int candidates, IReadOnlyList<double> imageToText, IReadOnlyList<double> textToImage, IReadOnlyList<double> random)
    {
        var plot = Figure.New("", "answers considered, k", "Recall@k: share of queries with a right answer");
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        Add(imageToText, "report by image");
        Add(textToImage, "image by report");
        var chance = Add(random, "chance");
        (chance.LinePattern, chance.LineWidth, chance.MarkerSize, chance.Color) = (LinePattern.Dashed, 1.5f, 0, Colors.Gray);
        plot.Axes.SetLimits(0.5, candidates + 0.5, 0, 1.03);
        Figure.ShowLegend(plot);
        Figure.Write(path, $"Retrieval within a report type, {candidates} candidates", model, [plot], columns: 1, width: 720, height: 460);

        ScottPlot.Plottables.Scatter Add(IReadOnlyList<double> curve, string name)
        {
            var line = plot.Add.Scatter(Enumerable.Range(1, curve.Count).Select(k => (double)k).ToArray(), curve.ToArray());
            (line.LegendText, line.LineWidth, line.MarkerSize) = (name, 2, 5);
            return line;
        }
    }
}
