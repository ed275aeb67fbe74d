using MedMoE.Mesh.Bundle;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Experts;

/// <summary>
/// The grounding of words in images: attention, [batch, words, P], which sums to 1 over positions; contexts, the sums of v weighted by it, [batch,
/// words, D]; and the cosines of words and contexts, [batch, words].
/// </summary>
public sealed record GroundedWords(Tensor Attention, Tensor Contexts, Tensor Similarities);

public static class WordAttention
{
    /// <summary>Attention of words over positions.</summary>
    /// <param name="features">Of a batch of B images.</param>
    /// <param name="words">Word embeddings [B, words, D], float32.</param>
    /// <param name="counts">Words of each row; the rest is padding and has no effect.</param>
    /// <param name="architecture">
    /// Paper: softmax over positions of temperature · word · v (section 4.4). Reference: GLoRIA's, softmax over words, times the temperature, softmax
    /// over positions.
    /// </param>
    /// <param name="temperature">The manifest's attention temperature.</param>
    public static GroundedWords Attend(LocalFeatures features, Tensor words, IReadOnlyList<int> counts, Architecture architecture, double temperature)
    {
        using var scope = NewDisposeScope();
        var scores = features.Scores(words);
        if (architecture == Architecture.Reference)
        {
            scores = scores.Without(Padding(counts, words).unsqueeze(2)).softmax(1);
        }
        return Ground(features, words, scores, temperature);
    }

    /// <summary>Several texts in each image, each computed independently; their words are concatenated, [1, words, D], float32.</summary>
    public static GroundedWords AttendTexts(
        LocalFeatures features, Tensor words, IReadOnlyList<int> counts, Architecture architecture, double temperature)
    {
        using var scope = NewDisposeScope();
        var scores = features.Scores(words);
        if (architecture == Architecture.Reference)
        {
            scores = cat([.. scores.split([.. counts.Select(c => (long)c)], dim: 1).Select(text => text.softmax(1))], dim: 1);
        }
        return Ground(features, words, scores, temperature);
    }

    /// <summary>The results are moved out of the caller's dispose scope.</summary>
    private static GroundedWords Ground(LocalFeatures features, Tensor words, Tensor scores, double temperature)
    {
        var attention = scores.Times(temperature).softmax(2);
        var contexts = features.Contexts(attention);
        var similarities = functional.cosine_similarity(words, contexts, dim: 2);
        return new GroundedWords(attention.MoveToOuterDisposeScope(), contexts.MoveToOuterDisposeScope(), similarities.MoveToOuterDisposeScope());
    }

    /// <summary>True for the padding after each row's words, [batch, words]; <paramref name="rows"/> gives width and device.</summary>
    internal static Tensor Padding(IReadOnlyList<int> counts, Tensor rows)
    {
        var padding = new bool[counts.Count, rows.shape[1]];
        for (var row = 0; row < counts.Count; row++)
        {
            for (var word = counts[row]; word < rows.shape[1]; word++)
            {
                padding[row, word] = true;
            }
        }
        return tensor(padding, device: rows.device);
    }
}
