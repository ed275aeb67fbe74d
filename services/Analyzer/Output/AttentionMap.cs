using System.Globalization;
using MedMoE.Mesh.Model.Analysis;

namespace MedMoE.Mesh.Analyzer.Output;

/// <summary>Attention of one panel, [GridSide, GridSide], row-major, and what is written below.</summary>
internal sealed record AttentionMap(string Label, string Detail, float[] Attention)
{
    /// <summary>The words with one of these texts, in the order of the report, then the phrases; without either all words.</summary>
    /// <exception cref="InvalidRequestException">One of them is not in what the model read of the report.</exception>
    public static IReadOnlyList<AttentionMap> Of(TextGrounding text, IReadOnlyList<string> words, IReadOnlyList<string> phrases)
    {
        var unknown = words.FirstOrDefault(word => !text.Words.Any(own => Same(own, word)));
        return unknown is not null ? throw NotRead(text, "--words", unknown) :
        [
            .. text.Words.Where(own => words.Count + phrases.Count == 0 || words.Any(word => Same(own, word))).Select(own => new AttentionMap(
                own.Word, string.Create(CultureInfo.InvariantCulture, $"similarity {own.Similarity:F3}"), own.Attention)),
            .. phrases.Select(phrase => OfPhrase(phrase, Find(text, phrase) ?? throw NotRead(text, "--phrases", phrase))),
        ];
    }

    private static bool Same(WordGrounding own, string word) => own.Word.Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>The mean of its words, as the evaluation has it.</summary>
    private static AttentionMap OfPhrase(string phrase, WordGrounding[] words) => new(
        phrase, $"mean of {words.Length} words",
        [.. Enumerable.Range(0, words[0].Attention.Length).Select(position => words.Average(word => word.Attention[position]))]);

    /// <summary>The first neighbouring words that make up the phrase, apart from case and white space.</summary>
    private static WordGrounding[]? Find(TextGrounding text, string phrase)
    {
        var wanted = string.Concat(phrase.Where(c => !char.IsWhiteSpace(c)));
        return Enumerable.Range(0, text.Words.Count)
            .Select(first =>
            {
                var length = 0;
                return text.Words.Skip(first).TakeWhile(word => length < wanted.Length && (length += word.Word.Length) > 0).ToArray();
            })
            .FirstOrDefault(run => run.Length > 0 && string.Concat(run.Select(word => word.Word)).Equals(wanted, StringComparison.OrdinalIgnoreCase));
    }

    private static InvalidRequestException NotRead(TextGrounding text, string option, string wanted) => new(
        $"{option}: \"{wanted}\" is not in the report{(text.Truncated ? $" up to \"{text.Words[^1].Word}\", where it was cut" : "")}");
}
