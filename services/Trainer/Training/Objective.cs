using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Losses;
using MedMoE.Mesh.Model.Swin;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Trainer.Training;

/// <summary>The objective's value for a batch, as a tensor to go back from and in its parts, unweighted.</summary>
/// <param name="Total">What is minimised.</param>
/// <param name="Global">GLoRIA's global loss, both directions.</param>
/// <param name="Local">GLoRIA's local loss, both directions.</param>
/// <param name="ReportGate">Cross-entropy of the report gate's logits.</param>
/// <param name="ImageGate">Cross-entropy of the image gate's logits.</param>
internal sealed record Loss(Tensor Total, Tensor Global, Tensor Local, Tensor ReportGate, Tensor ImageGate);

/// <summary>
/// What MedMoE minimises (the paper, section 4.4): L = global + local + λ · auxiliary. Gating is hard: of all experts only the one that a pair
/// belongs to runs on it.
/// </summary>
internal sealed class Objective(TrainedNetworks networks, LossWeights weights, ExpertRouting routing, int firstLevel, bool halfTrunk)
{
    private readonly ScalarType _trunk = halfTrunk ? ScalarType.BFloat16 : ScalarType.Float32;

    public Loss Of(TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        var manifest = networks.Manifest;
        var pyramid = new Tensor[PyramidBackbone.Levels];
        var pooled = networks.Backbone.Extract(Pixels(batch), (level, features) => pyramid[level] = features).to(ScalarType.Float32);
        pyramid = Array.ConvertAll(pyramid, level => level.to(ScalarType.Float32));
        var texts = networks.Text.Encode(batch.Reports);
        var reportLogits = networks.Gate.ReportLogits(texts.Sentences);
        var types = tensor(batch.ReportTypes.Select(t => (long)t).ToArray(), device: networks.Device);

        // All words of the batch look at every image, more words than a feature has dimensions: here the features are built once.
        var features = LocalFeatures.From(Fuse(pyramid, Route(batch, reportLogits)));
        var global = GloriaLoss.Global(features.Mean(), texts.Sentences, manifest.Similarity.LogitScale);
        var local = GloriaLoss.Local(features, texts.Words, texts.WordCounts, manifest.Architecture, manifest.Similarity);
        var (globalSum, localSum) = (global.ImageToText.Plus(global.TextToImage), local.ImageToText.Plus(local.TextToImage));
        var reportGate = nn.functional.cross_entropy(reportLogits, types);
        var imageGate = nn.functional.cross_entropy(networks.Gate.ImageLogits(pooled), types);
        var total = globalSum.Times(weights.Global).Plus(localSum.Times(weights.Local)).Plus(reportGate.Plus(imageGate).Times(weights.Auxiliary));
        Tensor Out(Tensor tensor) => tensor.MoveToOuterDisposeScope();
        return new Loss(Out(total), Out(globalSum), Out(localSum), Out(reportGate), Out(imageGate));
    }

    private Tensor Pixels(TrainingBatch batch)
    {
        var side = networks.Manifest.Image.Size;
        return stack(batch.Pixels.Select(pixels => tensor(pixels, [3, side, side]))).to(_trunk, networks.Device);
    }

    private int[] Route(TrainingBatch batch, Tensor reportLogits) => routing switch
    {
        ExpertRouting.Type => [.. batch.ReportTypes],
        ExpertRouting.Gate => Array.ConvertAll(reportLogits.argmax(1).cpu().data<long>().ToArray(), expert => (int)expert),
        _ => new int[batch.ReportTypes.Count],
    };

    /// <summary>The local features of each image by its expert, [batch, P, D]. Images of one expert go through it together.</summary>
    private Tensor Fuse(Tensor[] pyramid, int[] chosen)
    {
        var groups = Enumerable.Range(0, chosen.Length).GroupBy(row => chosen[row], row => (long)row).OrderBy(g => g.Key).ToArray();
        var fused = groups.Select(rows =>
        {
            var own = groups.Length == 1 ? pyramid : [.. pyramid.Select(level => level.index_select(0, tensor(rows.ToArray(), device: networks.Device)))];
            return networks.Experts[rows.Key].Fuse(own, firstLevel).Dense();
        }).ToArray();
        if (groups.Length == 1)
        {
            return fused[0];
        }
        var order = new long[chosen.Length];
        foreach (var (row, at) in groups.SelectMany(rows => rows).Select((row, at) => (row, at)))
        {
            order[row] = at;
        }
        return cat(fused).index_select(0, tensor(order, device: networks.Device));
    }
}
