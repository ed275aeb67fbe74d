namespace MedMoE.Mesh.Bundle;

/// <summary>Finds what somebody meant who made a typing error.</summary>
public static class NearestName
{
    /// <summary>
    /// The known name with the smallest edit distance, without case and the dashes of options; null where more than half of it would have to change:
    /// another word was meant.
    /// </summary>
    public static string? To(string name, IEnumerable<string> known)
    {
        static string Plain(string text) => text.TrimStart('-').ToLowerInvariant();
        int DistanceOf(string other) => Distance(Plain(other), Plain(name));
        return known.MinBy(DistanceOf) is { } nearest && 2 * DistanceOf(nearest) <= Math.Max(Plain(nearest).Length, Plain(name).Length)
            ? nearest : null;
    }

    /// <summary>The end of a message about an unknown name: the nearest, or else all that there are.</summary>
    public static string Hint(string name, IReadOnlyCollection<string> known) =>
        To(name, known) is { } nearest ? $"the nearest is {nearest}"
        : known.Count > 0 ? $"there {(known.Count == 1 ? "is" : "are")} {string.Join(", ", known)}"
        : "there are none";

    /// <summary>Levenshtein's: insertions, deletions and replacements that lead from one text to the other.</summary>
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (var i = 0; i < from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i + 1;
            for (var j = 0; j < to.Length; j++)
            {
                (diagonal, row[j + 1]) = (row[j + 1], Math.Min(Math.Min(row[j], row[j + 1]) + 1, diagonal + (from[i] == to[j] ? 0 : 1)));
            }
        }
        return row[^1];
    }
}
