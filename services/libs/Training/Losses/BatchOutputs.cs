using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Experts;

namespace MedMoE.Mesh.Training.Losses;

/// <summary>What the networks gave for a batch.</summary>
/// <param name="Manifest">Architecture and temperatures.</param>
/// <param name="Features">Local features of each image by its expert.</param>
/// <param name="Sentences">Embeddings of the reports, [batch, D].</param>
/// <param name="Words">Embeddings of their words, [words of the batch, D].</param>
/// <param name="WordCounts">Words of each report.</param>
/// <param name="ReportLogits">The report gate's, [batch, experts].</param>
/// <param name="ImageLogits">The image gate's, [batch, experts].</param>
/// <param name="Types">True report types, [batch] of int64.</param>
internal sealed record BatchOutputs(
    BundleManifest Manifest, LocalFeatures Features, Tensor Sentences, Tensor Words, IReadOnlyList<int> WordCounts, Tensor ReportLogits,
    Tensor ImageLogits, Tensor Types);
