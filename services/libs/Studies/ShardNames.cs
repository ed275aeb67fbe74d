using System.Globalization;
using System.Text.RegularExpressions;

namespace MedMoE.Mesh.Studies;

internal static partial class ShardNames
{
    /// <summary>Expands comma-separated names with ranges as in bash and WebDataset; leading zeros set the width.</summary>
    /// <exception cref="StudyDataException">A shard is missing, which is checked before the next name is generated; or a range is empty.</exception>
    public static IReadOnlyList<string> Expand(string pattern)
    {
        var shards = new List<string>();
        foreach (var name in pattern.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).SelectMany(Ranges))
        {
            if (!File.Exists(name))
            {
                throw new StudyDataException($"{name}: no such {(name == pattern ? "file" : $"shard, named by {pattern}")}");
            }
            shards.Add(name);
        }
        return shards;
    }

    private static IEnumerable<string> Ranges(string pattern)
    {
        var range = Range().Match(pattern);
        if (!range.Success)
        {
            return [pattern];
        }
        string[] ends = [range.Groups["first"].Value, range.Groups["last"].Value];
        long[] numbers = Array.ConvertAll(ends, end => long.Parse(end, CultureInfo.InvariantCulture));
        if (numbers[1] < numbers[0])
        {
            throw new StudyDataException($"{pattern}: {range.Value} is not a range, its end is before its start");
        }
        var width = ends.Any(end => end.Length > 1 && end[0] == '0') ? ends.Max(end => end.Length) : 1;
        return Numbers(numbers[0], numbers[1])
            .Select(number => number.ToString($"D{width}", CultureInfo.InvariantCulture))
            .Select(number => pattern[..range.Index] + number + pattern[(range.Index + range.Length)..])
            .SelectMany(Ranges);
    }

    private static IEnumerable<long> Numbers(long first, long last)
    {
        for (var number = first; number <= last; number++)
        {
            yield return number;
        }
    }

    [GeneratedRegex(@"\{(?<first>\d{1,9})\.\.(?<last>\d{1,9})\}")]
    private static partial Regex Range();
}
