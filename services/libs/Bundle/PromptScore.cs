using System.Numerics;
using System.Numerics.Tensors;

namespace MedMoE.Mesh.Bundle;

/// <summary>Zero-shot classification by prompts: the one score, for the mesh's answers and for the figures that are published of them.</summary>
public static class PromptScore
{
    /// <summary>
    /// The mean of the global similarity and of the local one made independent of the number of words:
    /// (cos + (local − ln words) / word temperature) / 2.
    /// </summary>
    /// <param name="global">Cosine of image and text.</param>
    /// <param name="local">log Σ exp(word temperature · cos(word, context)).</param>
    /// <param name="words">Words of the text, 1 or more.</param>
    /// <param name="similarity">The manifest's.</param>
    public static T Of<T>(T global, T local, int words, SimilaritySettings similarity)
        where T : IFloatingPointIeee754<T> =>
        (global + ((local - T.Log(T.CreateChecked(words))) / T.CreateChecked(similarity.WordTemperature))) / T.CreateChecked(2);

    /// <summary>Probability of each class: the softmax of the logit scale times the mean score of its prompts.</summary>
    /// <param name="scores">Mean score of each class's prompts.</param>
    /// <param name="similarity">The manifest's.</param>
    public static double[] Probabilities(IEnumerable<double> scores, SimilaritySettings similarity)
    {
        double[] logits = [.. scores.Select(score => similarity.LogitScale * score)];
        // TensorPrimitives.SoftMax does not subtract the largest logit, and so overflows for large ones.
        TensorPrimitives.Subtract(logits, logits.Max(), logits);
        TensorPrimitives.SoftMax<double>(logits, logits);
        return logits;
    }
}
