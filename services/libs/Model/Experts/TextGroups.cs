namespace MedMoE.Mesh.Model.Experts;

/// <summary>Groups texts so that the attention of a group's words fits into memory.</summary>
internal static class TextGroups
{
    /// <summary>Groups consecutive texts with at most this many words; a longer text is alone. Returns the first text and the word counts.</summary>
    public static IEnumerable<(int First, int[] Counts)> Of(IReadOnlyList<int> counts, int mostWords)
    {
        for (var first = 0; first < counts.Count;)
        {
            var (number, words) = (1, counts[first]);
            while (first + number < counts.Count && words + counts[first + number] <= mostWords)
            {
                words += counts[first + number++];
            }
            yield return (first, [.. counts.Skip(first).Take(number)]);
            first += number;
        }
    }
}
