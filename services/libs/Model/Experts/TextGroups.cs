namespace MedMoE.Mesh.Model.Experts;

/// <summary>Texts in groups, so that the attention of a group's words fits into memory.</summary>
internal static class TextGroups
{
    /// <summary>Texts, one after the other, with so many words together, or one text where it has more: the first and the words of each.</summary>
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
