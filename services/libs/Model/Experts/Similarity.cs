using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Experts;

/// <summary>Similarity of an image and a text.</summary>
public static class Similarity
{
    /// <summary>cos(v_g, t_g), [batch].</summary>
    public static Tensor Global(Tensor image, Tensor text) => functional.cosine_similarity(image, text, dim: 1);

    /// <summary>log Σ exp(temperature · cos(word, context)) over a row's own words, [batch]; minus infinity for a row without words.</summary>
    /// <param name="wordSimilarities">[batch, words].</param>
    /// <param name="counts">Words of each row.</param>
    /// <param name="temperature">The manifest's word temperature.</param>
    public static Tensor Local(Tensor wordSimilarities, IReadOnlyList<int> counts, double temperature)
    {
        using var scope = NewDisposeScope();
        var padding = WordAttention.Padding(counts, wordSimilarities);
        return wordSimilarities.Times(temperature).Without(padding).logsumexp(1).MoveToOuterDisposeScope();
    }
}
