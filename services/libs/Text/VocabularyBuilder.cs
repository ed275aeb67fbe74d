namespace MedMoE.Mesh.Text;

/// <summary>
/// Builds a WordPiece vocabulary from the reports of a data set: special pieces; every letter and digit, alone and inside a word, so that no word is
/// unknown; punctuation; then the most frequent words.
/// </summary>
public static class VocabularyBuilder
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";

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

    /// <summary>Lower-case runs of ASCII letters and digits; other words are composed of existing pieces.</summary>
    private static IEnumerable<string> Words(string report) =>
        report.ToLowerInvariant().Split(
            [.. report.ToLowerInvariant().Where(c => !char.IsAsciiLetterOrDigit(c))], StringSplitOptions.RemoveEmptyEntries);
}
