using System.Globalization;
using System.Text;

namespace MedMoE.Mesh.LoadTester.Output;

internal static class Summary
{
    private const int Widest = 40;

    public static string Format(Report report)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        Line("Summary:");
        Line($"  Name:          {report.Name}");
        Line($"  Count:         {report.Count}");
        Line($"  Total:         {Time(report.Total)}");
        // Slowest, fastest and the distributions are of calls that succeeded, as ghz's.
        if (report.LatencyDistribution.Count > 0)
        {
            Line($"  Slowest:       {Time(report.Slowest)}");
            Line($"  Fastest:       {Time(report.Fastest)}");
        }
        Line($"  Average:       {Time(report.Average)}");
        Line(string.Create(CultureInfo.InvariantCulture, $"  Requests/sec:  {report.Rps:F2}"));
        Line("");
        if (report.LatencyDistribution.Count > 0)
        {
            Line("Response time histogram:");
            var most = report.Histogram.Select(b => b.Count).DefaultIfEmpty().Max();
            foreach (var bucket in report.Histogram)
            {
                var bar = new string('∎', (int)Math.Round((double)Widest * bucket.Count / most));
                var padding = new string(' ', Math.Max(1, 8 - $"{bucket.Count}".Length));
                Line(string.Create(CultureInfo.InvariantCulture, $"  {1000 * bucket.Mark,10:F3} [{bucket.Count}]{padding}|{bar}"));
            }
            Line("");
            Line("Latency distribution:");
            foreach (var share in report.LatencyDistribution)
            {
                Line($"  {share.Percentage} % in {Time(share.Latency)}");
            }
        }
        else
        {
            Line("No call succeeded, so there are no latencies.");
        }
        Line("");
        Line("Status code distribution:");
        foreach (var (status, count) in report.StatusCodeDistribution)
        {
            Line($"  [{status}]   {count} responses");
        }
        if (report.ErrorDistribution.Count > 0)
        {
            Line("");
            Line("Error distribution:");
            foreach (var (error, count) in report.ErrorDistribution)
            {
                Line($"  [{count}]   {error}");
            }
        }
        return text.ToString();
    }

    private static string Time(long nanoseconds) => nanoseconds switch
    {
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:F2} µs"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:F2} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e9:F2} s"),
    };
}
