using MedMoE.Mesh.LoadTester.Output;

namespace MedMoE.Mesh.LoadTester.Checking;

/// <summary>Checks a report of ghz or of this tool against limits.</summary>
internal static class ReportCheck
{
    /// <returns>A line for each limit that is not met.</returns>
    public static IReadOnlyList<string> Faults(Report report, Limits limits)
    {
        var faults = new List<string>();
        if (report.Count < limits.Fewest)
        {
            faults.Add($"{report.Count} calls, fewer than {limits.Fewest}");
        }
        var ok = report.StatusCodeDistribution.GetValueOrDefault("OK");
        if (report.Count > 0 && ok < limits.Ok * report.Count)
        {
            var others = report.StatusCodeDistribution.Where(s => s.Key != "OK").Select(s => $"{s.Key} {s.Value}");
            faults.Add(FormattableString.Invariant($"{ok} of {report.Count} calls OK, fewer than {limits.Ok:P2}: {string.Join(", ", others)}"));
        }
        // Wrong answers have the status OK.
        faults.AddRange(report.ErrorDistribution
            .Where(e => e.Key.StartsWith("wrong answer", StringComparison.Ordinal)).Select(e => $"{e.Key} ({e.Value} times)"));
        foreach (var (percentile, most) in limits.LatencyMs ?? new Dictionary<int, double>())
        {
            var latency = report.LatencyDistribution.FirstOrDefault(l => l.Percentage == percentile)?.Latency / 1e6;
            if (latency is null)
            {
                // Without a successful call there are no percentiles, and that is reported above.
                if (ok > 0)
                {
                    faults.Add($"the report has no percentile {percentile}");
                }
            }
            else if (latency > most)
            {
                faults.Add(FormattableString.Invariant($"{percentile} % of the calls took up to {latency:F1} ms, more than {most} ms"));
            }
        }
        return faults;
    }
}
