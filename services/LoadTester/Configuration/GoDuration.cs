using System.Globalization;
using System.Text.RegularExpressions;

namespace MedMoE.Mesh.LoadTester.Configuration;

/// <summary>Durations in Go's syntax: 1.5s, 300ms, 1m30s (Go, time.ParseDuration).</summary>
internal static partial class GoDuration
{
    private static readonly Dictionary<string, double> _seconds = new()
    {
        ["ns"] = 1e-9,
        ["us"] = 1e-6,
        ["µs"] = 1e-6,
        ["ms"] = 1e-3,
        ["s"] = 1,
        ["m"] = 60,
        ["h"] = 3600,
    };

    /// <returns>Null if the text is not a duration.</returns>
    public static TimeSpan? TryParse(string text)
    {
        if (text == "0")
        {
            return TimeSpan.Zero;
        }
        var match = Whole().Match(text);
        if (!match.Success)
        {
            return null;
        }
        var numbers = match.Groups["number"].Captures.Select(c => double.Parse(c.ValueSpan, CultureInfo.InvariantCulture));
        var seconds = numbers.Zip(match.Groups["unit"].Captures, (number, unit) => number * _seconds[unit.Value]).Sum();
        return TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond));
    }

    [GeneratedRegex(@"^(?:(?<number>\d+(?:\.\d*)?|\.\d+)(?<unit>ns|us|µs|ms|s|m|h))+$")]
    private static partial Regex Whole();
}
