using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Experts;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Losses;

/// <summary>
/// GLoRIA's contrastive losses (Huang et al., ICCV 2021, section 3.3) on a batch of pairs: image and text of a row belong together.
/// </summary>
public static class GloriaLoss
{
    /// <summary>
    /// Limit of attention map elements computed at a time, 16 MB. glibc returns blocks of 32 MB and more to the system on each free, and allocating
    /// them again took fifteen times as long as the computation (batch 32, 448 words, 784 positions).
    /// </summary>
    private const long LargestMaps = 4 << 20;

    /// <summary>The losses of selecting an image's text and a text's image; the training objective is their sum.</summary>
    public readonly record struct Directions(Tensor ImageToText, Tensor TextToImage);

    /// <summary>Cross-entropy over scaled cosines of global embeddings, both [batch, D].</summary>
    public static Directions Global(Tensor images, Tensor texts, double logitScale)
    {
        var cosines = functional.normalize(images, dim: 1).matmul(functional.normalize(texts, dim: 1).t());
        return Contrast(cosines.Times(logitScale));
    }

    /// <summary>Cross-entropy over scaled local similarities: every text's words, [batch, most words, D], attend to every image.</summary>
    public static Directions Local(
        LocalFeatures images, Tensor words, IReadOnlyList<int> counts, Architecture architecture, SimilaritySettings temperatures)
    {
        var similarities = TextGroups.Of(counts, (int)Math.Max(1, LargestMaps / (images.Rows * images.Positions))).SelectMany(group =>
        {
            var (first, own) = group;
            // The texts are concatenated, so that each image is processed once for all of them.
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
