using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Experts;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Losses;

/// <summary>
/// The contrastive losses of GLoRIA (Huang et al., ICCV 2021, section 3.3) on a batch of pairs: row i's image belongs to row i's text.
/// </summary>
public static class GloriaLoss
{
    /// <summary>
    /// Elements of the attention maps that are computed at a time, 16 MB of them: glibc gives memory of 32 MB and more back to the system
    /// each time, and getting it anew cost fifteen times what is computed in it (batch 32, 448 words, 784 positions).
    /// </summary>
    private const long LargestMaps = 4 << 20;

    /// <summary>Loss of picking the text of an image, and the image of a text; the training objective is their sum.</summary>
    public readonly record struct Directions(Tensor ImageToText, Tensor TextToImage);

    /// <summary>Cross-entropy over scaled cosines of global embeddings.</summary>
    /// <param name="images">[batch, D].</param>
    /// <param name="texts">[batch, D].</param>
    /// <param name="logitScale">The manifest's logit scale.</param>
    public static Directions Global(Tensor images, Tensor texts, double logitScale)
    {
        var cosines = functional.normalize(images, dim: 1).matmul(functional.normalize(texts, dim: 1).t());
        return Contrast(cosines.Times(logitScale));
    }

    /// <summary>Cross-entropy over scaled local similarities: every text's words attend to every image.</summary>
    /// <param name="images">Local features of the images.</param>
    /// <param name="words">Word embeddings [batch, most words, D].</param>
    /// <param name="counts">Words of each text.</param>
    /// <param name="architecture">Which attention.</param>
    /// <param name="temperatures">The manifest's temperatures.</param>
    public static Directions Local(
        LocalFeatures images, Tensor words, IReadOnlyList<int> counts, Architecture architecture, SimilaritySettings temperatures)
    {
        var similarities = TextGroups.Of(counts, (int)Math.Max(1, LargestMaps / (images.Rows * images.Positions))).SelectMany(group =>
        {
            var (first, own) = group;
            // One text after the other: each image is looked at once for all of them.
            var together = cat([.. own.Select((count, i) => words[first + i].narrow(0, 0, count))]).unsqueeze(0);
            var grounded = WordAttention.AttendTexts(images, together, own, architecture, temperatures.AttentionTemperature);
            return grounded.Similarities.Times(temperatures.WordTemperature).split([.. own.Select(c => (long)c)], dim: 1)
                .Select(text => text.logsumexp(1));
        });
        // Rows are images, columns texts.
        return Contrast(stack(similarities, dim: 1).Times(temperatures.LogitScale));
    }

    private static Directions Contrast(Tensor logits)
    {
        var pairs = tensor(Enumerable.Range(0, (int)logits.shape[0]).Select(i => (long)i).ToArray(), device: logits.device);
        return new Directions(functional.cross_entropy(logits, pairs), functional.cross_entropy(logits.t(), pairs));
    }
}
