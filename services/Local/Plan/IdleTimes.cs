using System.Globalization;

namespace MedMoE.Mesh.Local.Plan;

/// <summary>Parses how long experts run without a call, as <c>ct=5m</c>.</summary>
internal static class IdleTimes
{
    /// <summary>Shorter times would end an expert between two calls of one user.</summary>
    private static readonly TimeSpan _least = TimeSpan.FromSeconds(1);

    /// <returns>Times by <see cref="ProcessSpec.ShortName"/>.</returns>
    /// <exception cref="LocalMeshException">Not an expert, or not a time.</exception>
    public static IReadOnlyDictionary<string, TimeSpan> Parse(IReadOnlyList<string> entries, IReadOnlyList<ProcessSpec> services)
    {
        var experts = services.Where(s => s.Service.Expert is not null).ToDictionary(s => s.ShortName);
        var times = new Dictionary<string, TimeSpan>();
        foreach (var entry in entries)
        {
            if (entry.Split('=', 2, StringSplitOptions.TrimEntries) is not [var name, var text])
            {
                throw new LocalMeshException($"--idle: \"{entry}\" is not EXPERT=TIME");
            }
            if (!experts.ContainsKey(name))
            {
                throw new LocalMeshException($"--idle: unknown expert \"{name}\"; expected one of {string.Join(", ", experts.Keys)}");
            }
            if (Time(text) is not { } time || time < _least)
            {
                throw new LocalMeshException($"--idle: {name}: \"{text}\" is not a time of 1 s or more, as 90s, 5m or 1h");
            }
            if (!times.TryAdd(name, time))
            {
                throw new LocalMeshException($"--idle: {name} is given twice");
            }
        }
        return times;
    }

    private static TimeSpan? Time(string text)
    {
        var unit = text.Length > 1 ? text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            _ => (TimeSpan?)null,
        } : null;
        return unit is { } one && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 10_000
            ? number * one : null;
    }
}
