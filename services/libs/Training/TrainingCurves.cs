using System.Globalization;
using MedMoE.Mesh.Drawing;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace MedMoE.Mesh.Training;

/// <summary>Plots a training log: pale points for its values, lines for their moving averages.</summary>
public sealed class TrainingCurves
{
    /// <summary>Ratio of the largest to the smallest value from which on a panel is logarithmic.</summary>
    private const double Decade = 10;

    /// <summary>The smallest number that the log can hold, apart from 0.</summary>
    private const double Least = 1e-5;

    private readonly string[][] _rows;
    private readonly double _steps;

    /// <summary>
    /// Steps after which the weight of a value in the moving average has fallen to 1/e. Of more rows more are averaged, but they are a smaller share
    /// of the run, because an average lags behind a curve that falls.
    /// </summary>
    private readonly double _memory;

    private TrainingCurves(string csv)
    {
        _rows = [.. File.ReadLines(csv).Select(line => line.Split(','))];
        _steps = Column("step").Select(point => point.X).LastOrDefault(1);
        _memory = Math.Max(1, _steps / (2 * Math.Sqrt(_rows.Length)));
    }

    /// <summary>The log is a CSV file with a header with <c>step</c> and other columns; cells may be empty.</summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Write(string csv, string png, string title)
    {
        var curves = new TrainingCurves(csv);
        Plot[] panels =
        [
            curves.Losses("Total loss", "loss", [("loss", "training")], "validation_loss"),
            .. Objective.Terms.GroupBy(t => t.Group, (group, terms) => curves.Losses(group.Title, group.Axis, terms.Select(t => (t.Name, t.Curve)))),
            curves.LearningRate(),
            curves.Speed(),
        ];
        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"points: rows of the log; lines: exponential moving averages over {curves._memory:F0} steps; validation and learning rate as they are");
        Figure.Write(png, title, detail, panels, columns: (panels.Length + 1) / 2, width: 1380, height: 820);
    }

    private Plot Losses(string title, string axis, IEnumerable<(string Column, string Name)> columns, string? validation = null)
    {
        var curves = columns.Select(c => (c.Name, Points: Column(c.Column))).Where(c => c.Points.Length > 0).ToArray();
        var measured = validation is null ? [] : Column(validation);
        double[] values = [.. curves.SelectMany(c => Smooth(c.Points)).Concat(measured).Select(p => p.Y)];
        var logarithmic = values.Length > 0 && values.Min() >= 0 && values.Max() >= Decade * Math.Max(Least, values.Min());
        Coordinates[] Scaled(Coordinates[] points) =>
            logarithmic ? Array.ConvertAll(points, p => new Coordinates(p.X, Math.Log10(Math.Max(Least, p.Y)))) : points;

        var plot = New(title, logarithmic ? $"{axis} (logarithmic)" : axis);
        foreach (var (name, points) in curves)
        {
            AddSmooth(plot, Scaled(points), Scaled(Smooth(points))).LegendText = name;
        }
        if (measured.Length > 0)
        {
            var line = plot.Add.Scatter(Scaled(measured));
            (line.LegendText, line.LineWidth, line.MarkerSize) = ("validation", 2, 6);
        }
        Fit(plot);
        if (logarithmic)
        {
            plot.Axes.Left.TickGenerator = LogarithmicTicks(plot.Axes.GetLimits());
        }
        Figure.ShowLegend(plot);
        return plot;
    }

    private Plot LearningRate()
    {
        var plot = New("Learning rate", "learning rate");
        var points = Column("learning_rate");
        plot.Add.ScatterLine(points).LineWidth = 2;
        Fit(plot);
        plot.Axes.SetLimitsY(0, 1.05 * points.Select(p => p.Y).Append(double.Epsilon).Max());
        plot.Axes.Left.TickGenerator = new NumericAutomatic
        {
            LabelFormatter = rate => rate == 0 ? "0" : rate.ToString("0.##e-0", CultureInfo.InvariantCulture),
        };
        return plot;
    }

    private Plot Speed()
    {
        var plot = New("Speed", "images / s");
        var points = Column("images_per_second");
        AddSmooth(plot, points, Smooth(points));
        Fit(plot);
        return plot;
    }

    private static Plot New(string title, string axis)
    {
        var plot = Figure.New(title, "step", axis);
        plot.Axes.Bottom.TickGenerator = new NumericAutomatic { IntegerTicksOnly = true };
        return plot;
    }

    private static ScottPlot.Plottables.Scatter AddSmooth(Plot plot, Coordinates[] raw, Coordinates[] smooth)
    {
        var line = plot.Add.ScatterLine(smooth);
        line.LineWidth = 2;
        var points = plot.Add.ScatterPoints(raw, line.Color.WithAlpha(.25));
        points.MarkerSize = 4;
        plot.MoveToBottom(points);
        return line;
    }

    private void Fit(Plot plot)
    {
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsX(0, 1.02 * _steps);
    }

    /// <summary>The finite values of a column by step.</summary>
    private Coordinates[] Column(string name)
    {
        var header = _rows.FirstOrDefault() ?? [];
        var (at, stepAt) = (Array.IndexOf(header, name), Array.IndexOf(header, "step"));
        var points = new List<Coordinates>();
        foreach (var row in at < 0 || stepAt < 0 ? [] : _rows.Skip(1).Where(row => row.Length == header.Length))
        {
            if (double.TryParse(row[stepAt], CultureInfo.InvariantCulture, out var step)
                && double.TryParse(row[at], CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
            {
                points.Add(new Coordinates(step, value));
            }
        }
        return [.. points];
    }

    /// <summary>The moving average. A row weighs as much as the steps that it is the mean of.</summary>
    private Coordinates[] Smooth(Coordinates[] points)
    {
        var (sum, weight, before) = (0.0, 0.0, 0.0);
        return Array.ConvertAll(points, point =>
        {
            var kept = Math.Exp((before - point.X) / _memory);
            (sum, weight, before) = ((kept * sum) + ((1 - kept) * point.Y), (kept * weight) + (1 - kept), point.X);
            return new Coordinates(point.X, sum / weight);
        });
    }

    /// <summary>Ticks at 1, 2 and 5 times the powers of ten, and at the powers alone if there are many. The axis has the logarithms.</summary>
    private static NumericManual LogarithmicTicks(AxisLimits limits)
    {
        var ticks = new NumericManual();
        int[] labelled = limits.Top - limits.Bottom > 3 ? [1] : [1, 2, 5];
        for (var power = (int)Math.Floor(limits.Bottom); power <= limits.Top; power++)
        {
            for (var digit = 1; digit < 10; digit++)
            {
                var at = Math.Log10(digit) + power;
                if (!labelled.Contains(digit))
                {
                    ticks.AddMinor(at);
                }
                else if (at >= limits.Bottom && at <= limits.Top)
                {
                    ticks.AddMajor(at, Math.Pow(10, at).ToString("0.######", CultureInfo.InvariantCulture));
                }
            }
        }
        return ticks;
    }
}
