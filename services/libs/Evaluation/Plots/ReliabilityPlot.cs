using System.Globalization;
using MedMoE.Mesh.Drawing;
using MedMoE.Mesh.Evaluation.Metrics;
using ScottPlot;

namespace MedMoE.Mesh.Evaluation.Plots;

/// <summary>Reliability diagrams: accuracy by confidence, and the share of answers per confidence.</summary>
internal static class ReliabilityPlot
{
    public static void Write(string path, string model, IEnumerable<Calibration> calibrations)
    {
        Plot[] plots = [.. calibrations.Where(c => c.Found is not null).Select(c => Diagram(c.Title, c.Found!))];
        Figure.Write(path, "Reliability", model, plots, plots.Length, 460 * plots.Length, 480);
    }

    private static Plot Diagram(string name, CalibrationOf calibration)
    {
        var plot = Figure.New(
            string.Create(CultureInfo.InvariantCulture, $"{name}: calibration error {calibration.ExpectedError:F3}"),
            "confidence", "accuracy; share of answers");
        var total = (double)calibration.Bins.Sum(bin => bin.Count);
        foreach (var bin in calibration.Bins.Where(bin => bin.Count > 0))
        {
            var share = plot.Add.Rectangle(bin.From, bin.To, 0, bin.Count / total);
            (share.FillColor, share.LineWidth) = (Colors.Gray.WithAlpha(.25), 0);
        }
        var diagonal = plot.Add.Line(0, 0, 1, 1);
        (diagonal.LineColor, diagonal.LinePattern, diagonal.LineWidth) = (Colors.Gray, LinePattern.Dashed, 1.5f);
        var filled = calibration.Bins.Where(bin => bin.Count > 0).ToArray();
        var line = plot.Add.Scatter(filled.Select(bin => bin.Confidence).ToArray(), filled.Select(bin => bin.Accuracy).ToArray());
        (line.LineWidth, line.MarkerSize, line.Color) = (2, 7, Color.FromHex("#08519c"));
        plot.Legend.ManualItems.Add(new LegendItem
        {
            LabelText = "accuracy",
            LineColor = line.Color,
            LineWidth = 2,
            MarkerShape = MarkerShape.FilledCircle,
            MarkerFillColor = line.Color,
            MarkerSize = 7,
        });
        plot.Legend.ManualItems.Add(new LegendItem
        {
            LabelText = "perfect",
            LineColor = Colors.Gray,
            LinePattern = LinePattern.Dashed,
            LineWidth = 1.5f,
        });
        plot.Legend.ManualItems.Add(new LegendItem { LabelText = "share of answers", FillColor = Colors.Gray.WithAlpha(.25) });
        Figure.ShowLegend(plot);
        plot.Axes.SetLimits(0, 1.02, -0.02, 1.02);
        return plot;
    }
}
