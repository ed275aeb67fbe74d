using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Model.Experts;

/// <summary>The grounding of a text in an image.</summary>
/// <param name="GlobalSimilarity">cos(v_g, t_g).</param>
/// <param name="LocalSimilarity">log Σ exp(word temperature · cos(word, context)).</param>
/// <param name="Similarities">Cosine of each word and its context.</param>
/// <param name="Peaks">Position of each word's largest attention in the finest grid, row-major.</param>
/// <param name="Attention">[words, P], summing to 1 over positions; null if not requested.</param>
public sealed record GroundedText(float GlobalSimilarity, float LocalSimilarity, float[] Similarities, int[] Peaks, float[]? Attention);

/// <summary>Grounds texts in the local features of one image, with the manifest's architecture and temperatures.</summary>
/// <param name="architecture">Selects the attention.</param>
/// <param name="settings">Temperatures.</param>
/// <param name="wordsAtOnce">Limit of words whose attention is computed together; a text with more is computed alone.</param>
/// <param name="overflown">A word's similarity if its context's length overflows, for which libtorch returns 0.</param>
public sealed class Grounding(Architecture architecture, SimilaritySettings settings, int wordsAtOnce = int.MaxValue, float overflown = float.NaN)
{
    /// <param name="features">Of one image.</param>
    /// <param name="embedding">v_g, [1, D].</param>
    /// <param name="words">Word embeddings of all texts, concatenated, [1, words, D], float32.</param>
    /// <param name="counts">Words of each text, 1 or more.</param>
    /// <param name="sentences">[texts, D].</param>
    /// <param name="attention">Whether to return the attention, by far the largest result.</param>
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
        // libtorch returns cosine 0 if a context's length overflows.
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
