using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>
/// An encoded report or prompt: tokens, truncated if too long; word embeddings [words, D]; sentence embedding [D]; and the report gate's
/// probabilities.
/// </summary>
internal sealed record EncodedText(Tokens Tokens, float[] Words, float[] Sentence, float[] Gate)
{
    /// <summary>The words within the first occurrence of a phrase; empty if it does not occur or was truncated.</summary>
    public int[] WordsOf(string phrase, string text)
    {
        var start = text.IndexOf(phrase, StringComparison.Ordinal);
        return start < 0 ? [] : [.. Enumerable.Range(0, Tokens.Words.Count)
            .Where(i => Tokens.Words[i].Start >= start && Tokens.Words[i].End <= start + phrase.Length)];
    }
}
