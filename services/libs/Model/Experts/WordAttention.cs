using MedMoE.Mesh.Bundle;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Experts;

/// <summary>What the words of a text found in an image.</summary>
/// <param name="Attention">Where each word looks, [batch, words, P]; sums to 1 over positions.</param>
/// <param name="Contexts">What it sees there: v weighted by its attention, [batch, words, D].</param>
/// <param name="Similarities">Cosine of word and context, [batch, words].</param>
public sealed record GroundedWords(Tensor Attention, Tensor Contexts, Tensor Similarities);

/// <summary>Attention of words over positions.</summary>
public static class WordAttention
{
    /// <param name="features">The image's local features, batch B.</param>
    /// <param name="words">Word embeddings [B, words, D], float32.</param>
    /// <param name="counts">Words of each row; those after are padding and change nothing.</param>
    /// <param name="architecture">
    /// Paper: softmax over positions of temperature · word · v (section 4.4). Reference: GLoRIA's, softmax over words, times the
    /// temperature, softmax over positions.
    /// </param>
    /// <param name="temperature">The manifest's attention temperature.</param>
    public static GroundedWords Attend(
        LocalFeatures features, Tensor words, IReadOnlyList<int> counts, Architecture architecture, double temperature)
    {
        using var scope = NewDisposeScope();
        var scores = features.Scores(words);
        if (architecture == Architecture.Reference)
        {
            scores = scores.Without(Padding(counts, words).unsqueeze(2)).softmax(1);
        }
        return Look(features, words, scores, temperature);
    }

    /// <summary>Several texts in each image, every one as if it stood alone.</summary>
    /// <param name="features">The local features of one image or more.</param>
    /// <param name="words">The words of all texts, one text after the other, [1, words, D], float32.</param>
    /// <param name="counts">Words of each text.</param>
    /// <param name="architecture">As in <see cref="Attend"/>.</param>
    /// <param name="temperature">As in <see cref="Attend"/>.</param>
    public static GroundedWords AttendTexts(
        LocalFeatures features, Tensor words, IReadOnlyList<int> counts, Architecture architecture, double temperature)
    {
        using var scope = NewDisposeScope();
        var scores = features.Scores(words);
        if (architecture == Architecture.Reference)
        {
            scores = cat([.. scores.split([.. counts.Select(c => (long)c)], dim: 1).Select(text => text.softmax(1))], dim: 1);
        }
        return Look(features, words, scores, temperature);
    }

    /// <summary>In the scope of the caller, which the answer leaves.</summary>
    private static GroundedWords Look(LocalFeatures features, Tensor words, Tensor scores, double temperature)
    {
        var attention = scores.Times(temperature).softmax(2);
        var contexts = features.Contexts(attention);
        var similarities = functional.cosine_similarity(words, contexts, dim: 2);
        return new GroundedWords(
            attention.MoveToOuterDisposeScope(), contexts.MoveToOuterDisposeScope(), similarities.MoveToOuterDisposeScope());
    }

    /// <summary>Where rows of words have ended, [batch, words], bool.</summary>
    /// <param name="counts">Words of each row.</param>
    /// <param name="rows">[batch, words, …]: gives the width and the device.</param>
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
