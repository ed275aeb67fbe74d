using MedMoE.Mesh.Text;

namespace MedMoE.Mesh.Evaluation.Reading;

/// <summary>A report or a prompt as the networks see it.</summary>
/// <param name="Tokens">Its tokens and words, cut where it was too long.</param>
/// <param name="Words">Word embeddings [words, D].</param>
/// <param name="Sentence">Sentence embedding [D].</param>
/// <param name="Gate">Probability of each expert by the report gate.</param>
internal sealed record EncodedText(Tokens Tokens, float[] Words, float[] Sentence, float[] Gate)
{
    /// <summary>The words whose characters lie within a phrase's first place in the text; empty where it is not there, or was cut off.</summary>
    public int[] WordsOf(string phrase, string text)
    {
        var start = text.IndexOf(phrase, StringComparison.Ordinal);
        return start < 0 ? [] : [.. Enumerable.Range(0, Tokens.Words.Count)
            .Where(i => Tokens.Words[i].Start >= start && Tokens.Words[i].End <= start + phrase.Length)];
    }
}
