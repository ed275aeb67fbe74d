using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Experts;

public static class Similarity
{
    /// <summary>cos(v_g, t_g), [batch].</summary>
    public static Tensor Global(Tensor image, Tensor text) => functional.cosine_similarity(image, text, dim: 1);

    /// <summary>
    /// log Σ exp(temperature · cos(word, context)) over each row's own words, [batch, words] to [batch]; minus infinity for a row without words.
    /// </summary>
    public static Tensor Local(Tensor wordSimilarities, IReadOnlyList<int> counts, double temperature)
    {
        using var scope = NewDisposeScope();
        var padding = WordAttention.Padding(counts, wordSimilarities);
        return wordSimilarities.Times(temperature).Without(padding).logsumexp(1).MoveToOuterDisposeScope();
    }

    /// <summary>The same for the words of one text.</summary>
    public static float Local(ReadOnlySpan<float> wordSimilarities, float temperature)
    {
        // Subtracting the largest value keeps the exponentials from overflowing.
        var most = System.Numerics.Tensors.TensorPrimitives.Max(wordSimilarities);
        var sum = 0.0;
        foreach (var similarity in wordSimilarities)
        {
            sum += Math.Exp(temperature * (double)(similarity - most));
        }
        return (float)((temperature * (double)most) + Math.Log(sum));
    }
}
