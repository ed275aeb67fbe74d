namespace MedMoE.Mesh.Text;

/// <summary>
/// A WordPiece vocabulary of a data set's own reports: the special pieces, every letter and digit alone and inside a word, so that no
/// word is unknown, punctuation, then the words from the most frequent on.
/// </summary>
public static class VocabularyBuilder
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <param name="reports">Texts.</param>
    /// <param name="size">Pieces at most.</param>
    public static IReadOnlyList<string> Build(IEnumerable<string> reports, int size)
    {
        string[] start =
        [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Letters.Select(c => $"{c}"), .. Letters.Select(c => $"##{c}"),
            .. ".,;:()-/%+'\"?!&".Select(c => $"{c}"),
        ];
        var words = reports.SelectMany(Words).CountBy(word => word)
            .OrderByDescending(count => count.Value).ThenBy(count => count.Key, StringComparer.Ordinal).Select(count => count.Key);
        return [.. start.Concat(words).Distinct().Take(Math.Max(size, start.Length))];
    }

    /// <summary>Runs of ASCII letters and digits, in lower case; others are spelt from what pieces there are.</summary>
    private static IEnumerable<string> Words(string report) =>
        report.ToLowerInvariant().Split(
            [.. report.ToLowerInvariant().Where(c => !char.IsAsciiLetterOrDigit(c))], StringSplitOptions.RemoveEmptyEntries);
}
