namespace MedMoE.Mesh.Bundle;

/// <summary>Finds what somebody meant who made a typing error.</summary>
public static class NearestName
{
    /// <summary>The known name with the smallest edit distance, without case.</summary>
    public static string To(string name, IEnumerable<string> known) => known.MinBy(k => Distance(k.ToLowerInvariant(), name.ToLowerInvariant()))!;

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
