using System.Globalization;
using MedMoE.Mesh.Drawing;
using ScottPlot;

namespace MedMoE.Mesh.Training;

/// <summary>Plots a training log.</summary>
public static class TrainingCurves
{
    /// <summary>The log is a CSV file with a header with <c>step</c> and other columns; cells may be empty.</summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Write(string csv, string png)
    {
        string[][] rows = [.. File.ReadLines(csv).Select(line => line.Split(','))];
        var header = rows.FirstOrDefault() ?? [];
        (double[] Steps, double[] Values) Column(string name)
        {
            var (at, stepAt) = (Array.IndexOf(header, name), Array.IndexOf(header, "step"));
            var points = new List<(double Step, double Value)>();
            foreach (var row in at < 0 || stepAt < 0 ? [] : rows.Skip(1).Where(row => row.Length == header.Length))
            {
                if (double.TryParse(row[stepAt], CultureInfo.InvariantCulture, out var step)
                    && double.TryParse(row[at], CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
                {
                    points.Add((step, value));
                }
            }
            return ([.. points.Select(p => p.Step)], [.. points.Select(p => p.Value)]);
        }
        Plot Curves(string title, string y, params IEnumerable<(string Column, string Name)> curves)
        {
            var plot = Figure.New(title, "step", y);
            var most = 0.0;
            foreach (var (column, name) in curves)
            {
                var (steps, values) = Column(column);
                if (steps.Length > 0)
                {
                    var line = plot.Add.Scatter(steps, values);
                    most = Math.Max(most, values.Max());
                    (line.LegendText, line.LineWidth, line.MarkerSize) = (name, 1.8f, steps.Length > 40 ? 0 : 5);
                }
            }
            plot.Legend.IsVisible = curves.Count() > 1;
            plot.Legend.Alignment = Alignment.UpperRight;
            plot.Axes.AutoScale();
            plot.Axes.SetLimitsY(0, most > 0 ? 1.05 * most : 1);
            return plot;
        }
        Figure.Write(
            png,
            [
                Curves("Total loss", "loss", ("loss", "training"), ("validation_loss", "validation")),
                .. Objective.Terms.GroupBy(t => t.Group, (group, terms) => Curves(group.Title, group.Axis, terms.Select(t => (t.Name, t.Curve)))),
                Curves("Learning rate", "learning rate", ("learning_rate", "learning rate")),
                Curves("Speed", "images / s", ("images_per_second", "images / s")),
            ],
            columns: 3, width: 1380, height: 820);
    }
}
