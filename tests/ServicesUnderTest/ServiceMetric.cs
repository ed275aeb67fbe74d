using System.Globalization;
using System.Text.RegularExpressions;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>A value of a service's /metrics.</summary>
public sealed partial record ServiceMetric(string Name, string Tags, double Value)
{
    /// <summary>All metrics of a service.</summary>
    /// <param name="http">HOST:PORT of its /metrics.</param>
    public static async Task<IReadOnlyList<ServiceMetric>> Read(string http)
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync($"http://{http}/metrics", TestContext.Current.CancellationToken);
        return [.. Line().Matches(text).Select(m => new ServiceMetric(
            m.Groups[1].Value, m.Groups[2].Value, double.Parse(m.Groups[3].ValueSpan, CultureInfo.InvariantCulture)))];
    }

    /// <summary>Calls of a method that a service has answered.</summary>
    public static async Task<double> Answered(string http, string method) => (await Read(http))
        .Where(m => m.Name == "medmoe_request_duration_seconds_count" && m.Tags.Contains(method, StringComparison.Ordinal)).Sum(m => m.Value);

    [GeneratedRegex(@"^(\w+)\{(.*)\} (\S+)( \d+)?$", RegexOptions.Multiline)]
    private static partial Regex Line();
}
