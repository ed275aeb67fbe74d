using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Losses;

namespace MedMoE.Mesh.Training.Losses;

/// <summary>GLoRIA's global loss: whole images against whole reports, in both directions.</summary>
internal sealed class GlobalLoss() : TrainingLoss(
    new LossWeight("Global", "Weight of the global loss. Default: the preset's.", Paper: 1, Released: 0.5),
    new LossTerm("global", "global", LossGroup.Contrastive))
{
    internal override IReadOnlyList<Tensor> Of(BatchOutputs outputs)
    {
        var loss = GloriaLoss.Global(outputs.Features.Mean(), outputs.Sentences, outputs.Manifest.Similarity.LogitScale);
        return [loss.ImageToText.Plus(loss.TextToImage)];
    }
}
