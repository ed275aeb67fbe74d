namespace MedMoE.Mesh.Text;

/// <summary>A word of a text: a run of letters and digits, or a single punctuation mark.</summary>
/// <param name="Start">Its first character in the text, in UTF-16 code units.</param>
/// <param name="End">The character after its last.</param>
/// <param name="FirstToken">Index of its first token.</param>
/// <param name="TokenCount">Wordpieces it consists of.</param>
public readonly record struct Word(int Start, int End, int FirstToken, int TokenCount);

/// <summary>A text as a sequence of wordpieces, [CLS] first and [SEP] last.</summary>
/// <param name="Ids">The vocabulary's numbers.</param>
/// <param name="Words">The words in order; [CLS] and [SEP] belong to none.</param>
/// <param name="Truncated">Whether the text was longer.</param>
public sealed record Tokens(IReadOnlyList<int> Ids, IReadOnlyList<Word> Words, bool Truncated = false)
{
    /// <summary>
    /// The first tokens and, as the last one, the [SEP] the text ended with: what Hugging Face's Python tokenizers do. A word cut in
    /// the middle keeps the wordpieces that are left of it, and its whole span.
    /// </summary>
    /// <param name="maxTokens">Tokens at most, 3 or more.</param>
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
