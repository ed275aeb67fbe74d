using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Model.Experts;

/// <summary>A text in the light of an image, in numbers.</summary>
/// <param name="GlobalSimilarity">cos(v_g, t_g).</param>
/// <param name="LocalSimilarity">log Σ exp(word temperature · cos(word, context)).</param>
/// <param name="Similarities">Cosine of each word and what it saw.</param>
/// <param name="Peaks">Where each word looks most: a position of the finest grid, row by row.</param>
/// <param name="Attention">Where each word looks, [words, P], summing to 1 over positions; null where it was not asked for.</param>
public sealed record GroundedText(float GlobalSimilarity, float LocalSimilarity, float[] Similarities, int[] Peaks, float[]? Attention);

/// <summary>Texts grounded in the local features of one image.</summary>
/// <param name="architecture">The manifest's: how words attend.</param>
/// <param name="settings">The manifest's temperatures.</param>
/// <param name="wordsAtOnce">Words whose attention is made together; a text that has more is done alone.</param>
/// <param name="overflown">What a word's similarity is where its context's length overflows: libtorch says 0.</param>
public sealed class Grounding(Architecture architecture, SimilaritySettings settings, int wordsAtOnce = int.MaxValue, float overflown = float.NaN)
{
    /// <param name="features">The image's.</param>
    /// <param name="embedding">v_g, [1, D].</param>
    /// <param name="words">Word embeddings, one text after the other, [1, words, D], float32.</param>
    /// <param name="counts">Words of each text, 1 or more.</param>
    /// <param name="sentences">[texts, D].</param>
    /// <param name="attention">Whether to give the attention, too: of all there is it is the largest by far.</param>
    public IReadOnlyList<GroundedText> Ground(
        LocalFeatures features, Tensor embedding, Tensor words, IReadOnlyList<int> counts, Tensor sentences, bool attention)
    {
        var texts = new List<GroundedText>(counts.Count);
        var before = 0;
        foreach (var (first, own) in TextGroups.Of(counts, wordsAtOnce))
        {
            using var scope = NewDisposeScope();
            var total = own.Sum();
            texts.AddRange(Ground(features, embedding, words.narrow(1, before, total), own, sentences.narrow(0, first, own.Length), attention));
            before += total;
        }
        return texts;
    }

    private IEnumerable<GroundedText> Ground(
        LocalFeatures features, Tensor embedding, Tensor words, int[] counts, Tensor sentences, bool withAttention)
    {
        var grounded = WordAttention.AttendTexts(features, words, counts, architecture, settings.AttentionTemperature);
        var global = Similarity.Global(embedding, sentences).ToSingles();
        // Where a context's length overflows, its cosine comes out as 0.
        var infinite = grounded.Contexts.square().sum(2).isfinite().logical_not();
        using var mask = overflown.ToScalar();
        var similarities = grounded.Similarities.masked_fill(infinite, mask).ToSingles();
        long[] peaks = [.. grounded.Attention.argmax(2).flatten().cpu().data<long>()];
        var attention = withAttention ? grounded.Attention.ToSingles() : null;
        var positions = (int)features.Positions;
        for (var (text, first) = (0, 0); text < counts.Length; first += counts[text++])
        {
            var own = first..(first + counts[text]);
            yield return new GroundedText(
                global[text],
                Similarity.Local(similarities.AsSpan(own), settings.WordTemperature),
                similarities[own],
                Array.ConvertAll(peaks[own], peak => (int)peak),
                attention?[(own.Start.Value * positions)..(own.End.Value * positions)]);
        }
    }
}
