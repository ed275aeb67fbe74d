using System.Globalization;
using MedMoE.Mesh.Drawing;
using ScottPlot;

namespace MedMoE.Mesh.Evaluation.Plots;

/// <summary>A confusion matrix with counts in cells, darker for a larger share of the row.</summary>
internal static class ConfusionPlot
{
    private const int CellSide = 72;
    private const int Margin = 24;

    /// <summary>For the title.</summary>
    private const int LeastWidth = 420;

    /// <summary>Counts are [truth][answer].</summary>
    public static void Write(string path, string title, string model, IReadOnlyList<string> classes, IReadOnlyList<IReadOnlyList<int>> counts)
    {
        var side = classes.Count;
        var plot = Figure.New("", "", "");
        var shares = new double[side, side];
        for (var row = 0; row < side; row++)
        {
            var total = Math.Max(1, counts[row].Sum());
            for (var column = 0; column < side; column++)
            {
                shares[row, column] = (double)counts[row][column] / total;
                // Rows go down, but the axis goes up.
                var text = plot.Add.Text(counts[row][column].ToString(CultureInfo.InvariantCulture), column, side - 1 - row);
                text.LabelAlignment = Alignment.MiddleCenter;
                text.LabelFontSize = 15;
                text.LabelFontColor = shares[row, column] > 0.5 ? Colors.White : counts[row][column] > 0 ? Colors.Black : Colors.LightGray;
            }
        }
        var heat = plot.Add.Heatmap(shares);
        heat.Colormap = new ScottPlot.Colormaps.CustomInterpolated([Colors.White, Color.FromHex("#08519c")]);
        heat.ManualRange = new ScottPlot.Range(0, 1);
        plot.MoveToBottom(heat);
        plot.HideGrid();
        double[] at = [.. Enumerable.Range(0, side).Select(i => (double)i)];
        plot.Axes.Bottom.SetTicks(at, [.. classes]);
        plot.Axes.Left.SetTicks(at, [.. classes.Reverse()]);
        plot.Axes.Bottom.TickLabelStyle.Rotation = -35;
        plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.UpperRight;
        plot.Axes.SetLimits(-0.5, side - 0.5, -0.5, side - 0.5);
        // Cells are square, independent of the labels, which take about 7 pixels per letter and are slanted below.
        var longest = classes.Max(name => name.Length);
        var cells = side * CellSide;
        var (left, bottom) = (Margin + (7 * longest), Margin + (int)(4.2 * longest));
        var right = Math.Max(Margin, LeastWidth - left - cells);
        plot.Layout.Fixed(new PixelPadding(left, right, bottom, Margin));
        var detail = $"rows: truth, columns: answer; {counts.Sum(row => row.Sum())} studies; {model}";
        Figure.Write(path, title, detail, [plot], columns: 1, left + cells + right, Margin + cells + bottom);
    }
}
