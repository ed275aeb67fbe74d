using System.Globalization;

namespace MedMoE.Mesh.Resilience;

/// <summary>What is told of measured values.</summary>
internal static class Measured
{
    /// <summary>NaN of no values.</summary>
    public static double Quantile(double[] ordered, double q) =>
        ordered.Length == 0 ? double.NaN : ordered[Math.Max(0, (int)Math.Ceiling(q * ordered.Length) - 1)];

    /// <summary>Cells of a table: a figure divided by another's, and the lowest and highest of this ratio in a single round.</summary>
    /// <param name="values">Of each round.</param>
    /// <param name="beside">Of the other, measured in turns with it.</param>
    /// <param name="figure">Of values in order.</param>
    public static string Ratio(IReadOnlyList<double[]> values, IReadOnlyList<double[]> beside, Func<double[], double> figure)
    {
        double Divided(IEnumerable<double[]> a, IEnumerable<double[]> b) =>
            figure([.. a.SelectMany(round => round).Order()]) / figure([.. b.SelectMany(round => round).Order()]);
        var single = values.Zip(beside, (a, b) => Divided([a], [b])).Order().ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"{Divided(values, beside):0.00} | {single[0]:0.00} to {single[^1]:0.00}");
    }
}
