using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Losses;

namespace MedMoE.Mesh.Training.Losses;

/// <summary>GLoRIA's local loss: local features against words, in both directions.</summary>
internal sealed class LocalLoss() : TrainingLoss(
    new LossWeight("Local", "Weight of the local loss. Default: the preset's.", Paper: 1, Released: 0.5),
    new LossTerm("local", "local", LossGroup.Contrastive))
{
    internal override IReadOnlyList<Tensor> Of(BatchOutputs outputs)
    {
        var manifest = outputs.Manifest;
        var loss = GloriaLoss.Local(outputs.Features, outputs.Words, outputs.WordCounts, manifest.Architecture, manifest.Similarity);
        return [loss.ImageToText.Plus(loss.TextToImage)];
    }
}
