namespace MedMoE.Mesh.Training.Losses;

/// <summary>The auxiliary loss: cross-entropy of both gates against the report type. The paper gives no number for its weight, λ.</summary>
internal sealed class GateLoss() : TrainingLoss(
    new LossWeight("Auxiliary", "Weight of the gates' loss, the paper's lambda. Default: the preset's.", Paper: 1, Released: 2),
    new LossTerm("gate_report", "on the report", _group), new LossTerm("gate_image", "on the image", _group))
{
    private static readonly LossGroup _group = new("gates", "Gates", "cross-entropy, nats");

    internal override IReadOnlyList<Tensor> Of(BatchOutputs outputs) =>
    [
        nn.functional.cross_entropy(outputs.ReportLogits, outputs.Types), nn.functional.cross_entropy(outputs.ImageLogits, outputs.Types),
    ];
}
