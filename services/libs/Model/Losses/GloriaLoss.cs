using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Experts;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Losses;

/// <summary>
/// The contrastive losses of GLoRIA (Huang et al., ICCV 2021, section 3.3) on a batch of pairs: row i's image belongs to row i's text.
/// </summary>
public static class GloriaLoss
{
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
        // The words of all texts, one text after the other: each image is looked at once.
        var all = cat([.. counts.Select((count, text) => words[text].narrow(0, 0, count))]).unsqueeze(0);
        var grounded = WordAttention.AttendTexts(images, all, counts, architecture, temperatures.AttentionTemperature);
        var similarities = grounded.Similarities.Times(temperatures.WordTemperature)
            .split([.. counts.Select(c => (long)c)], dim: 1).Select(own => own.logsumexp(1));
        // Rows are images, columns texts.
        return Contrast(stack(similarities, dim: 1).Times(temperatures.LogitScale));
    }

    private static Directions Contrast(Tensor logits)
    {
        var pairs = tensor(Enumerable.Range(0, (int)logits.shape[0]).Select(i => (long)i).ToArray(), device: logits.device);
        return new Directions(functional.cross_entropy(logits, pairs), functional.cross_entropy(logits.t(), pairs));
    }
}
