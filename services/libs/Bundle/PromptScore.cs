using System.Numerics;
using System.Numerics.Tensors;

namespace MedMoE.Mesh.Bundle;

/// <summary>Zero-shot classification by prompts. The services and the published evaluation both use this score.</summary>
public static class PromptScore
{
    /// <summary>
    /// The mean of the global similarity (cosine of image and text) and of the local similarity (log Σ exp(word temperature · cos(word, context))),
    /// the latter normalised by the number of words (at least 1): (cos + (local − ln words) / word temperature) / 2.
    /// </summary>
    public static T Of<T>(T global, T local, int words, SimilaritySettings similarity)
        where T : IFloatingPointIeee754<T> =>
        (global + ((local - T.Log(T.CreateChecked(words))) / T.CreateChecked(similarity.WordTemperature))) / T.CreateChecked(2);

    /// <summary>Class probabilities: the softmax of the logit scale times the mean score of each class's prompts.</summary>
    public static double[] Probabilities(IEnumerable<double> scores, SimilaritySettings similarity)
    {
        double[] logits = [.. scores.Select(score => similarity.LogitScale * score)];
        // TensorPrimitives.SoftMax does not subtract the largest logit and overflows for large ones.
        TensorPrimitives.Subtract(logits, logits.Max(), logits);
        TensorPrimitives.SoftMax<double>(logits, logits);
        return logits;
    }
}
