namespace MedMoE.Mesh.Text;

/// <summary>
/// A word of a text: a run of letters and digits, or one punctuation mark. Start (inclusive) and end (exclusive) count UTF-16 code units.
/// </summary>
public readonly record struct Word(int Start, int End, int FirstToken, int TokenCount);

/// <summary>A text as wordpieces, from [CLS] to [SEP], which belong to no word.</summary>
public sealed record Tokens(IReadOnlyList<int> Ids, IReadOnlyList<Word> Words, bool Truncated = false)
{
    /// <summary>Words that the vocabulary does not have: each is [UNK].</summary>
    public int UnknownWords { get; init; }

    /// <summary>
    /// Keeps the first tokens and [SEP], as in Hugging Face's Python tokenizers; <paramref name="maxTokens"/> is 3 or more. A word cut in the middle
    /// keeps its first wordpieces and its whole span.
    /// </summary>
    public Tokens Truncate(int maxTokens)
    {
        if (Ids.Count <= maxTokens)
        {
            return this;
        }
        var kept = maxTokens - 1;
        return new Tokens(
            [.. Ids.Take(kept), Ids[^1]],
            [.. Words.TakeWhile(w => w.FirstToken < kept).Select(w => w with { TokenCount = Math.Min(w.TokenCount, kept - w.FirstToken) })],
            Truncated: true);
    }
}
