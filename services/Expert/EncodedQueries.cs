using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Expert;

/// <summary>Embeddings of a call's texts: words of all texts in order, [words, D], their counts, and sentences, [texts, D].</summary>
internal sealed record EncodedQueries(float[] Words, IReadOnlyList<int> Counts, float[] Sentences)
{
    public long Bytes => sizeof(float) * ((long)Words.Length + Sentences.Length);

    /// <summary>Reads a call's texts after checking their number and the size of their answer against the limits.</summary>
    /// <exception cref="InvalidFieldException">Wrong shape, over a limit, or not finite.</exception>
    public static EncodedQueries Read(LocalizeHeader header, QueryLimits limits)
    {
        var counts = new int[header.Texts.Count];
        for (var i = 0; i < counts.Length; i++)
        {
            WireTensors.Require(header.Texts[i].WordEmbeddings, WordsOf(i), -1, limits.EmbeddingDim);
            WireTensors.Require(header.Texts[i].Sentence, SentenceOf(i), limits.EmbeddingDim);
            counts[i] = (int)header.Texts[i].WordEmbeddings.Shape[0];
            limits.RequireWords(counts[i], WordsOf(i));
        }
        limits.RequireAnswer(counts.Sum(), header);

        var words = new float[counts.Sum() * limits.EmbeddingDim];
        var sentences = new float[counts.Length * limits.EmbeddingDim];
        for (var (i, at) = (0, 0); i < counts.Length; at += counts[i++] * limits.EmbeddingDim)
        {
            WireTensors.ToSingles(header.Texts[i].WordEmbeddings, WordsOf(i), -1, limits.EmbeddingDim).CopyTo(words, at);
            WireTensors.ToSingles(header.Texts[i].Sentence, SentenceOf(i), limits.EmbeddingDim).CopyTo(sentences, i * limits.EmbeddingDim);
            NetworkOutput.RequireLength(words.AsSpan(at, counts[i] * limits.EmbeddingDim), limits.EmbeddingDim, WordsOf(i));
            NetworkOutput.RequireLength(sentences.AsSpan(i * limits.EmbeddingDim, limits.EmbeddingDim), limits.EmbeddingDim, SentenceOf(i));
        }
        return new EncodedQueries(words, counts, sentences);
    }

    private static string WordsOf(int text) => $"header.texts[{text}].word_embeddings";

    private static string SentenceOf(int text) => $"header.texts[{text}].sentence";
}
