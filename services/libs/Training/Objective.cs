using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Losses;
using MedMoE.Mesh.Model.Swin;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Training;

/// <summary>The objective's value for a batch, as a tensor to go back from and in its terms, unweighted.</summary>
/// <param name="Total">What is minimised.</param>
/// <param name="Terms">In the order of <see cref="Objective.Terms"/>.</param>
internal sealed record Loss(Tensor Total, IReadOnlyList<Tensor> Terms);

/// <summary>
/// What MedMoE minimises (the paper, section 4.4): L = global + local + λ · auxiliary. Gating is hard: of all experts only the one that a pair
/// belongs to runs on it.
/// </summary>
public sealed class Objective(
    TrainedNetworks networks, IReadOnlyDictionary<string, double> weights, ExpertRouting routing, int firstLevel, bool halfTrunk)
{
    private static readonly LossGroup _contrastive = new(null, "Contrastive losses", "loss, both directions");
    private static readonly LossGroup _gates = new("gates", "Gates", "cross-entropy, nats");

    private readonly ScalarType _trunk = halfTrunk ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>GLoRIA's global and local losses, and the cross-entropies of both gates against the report type.</summary>
    public static IReadOnlyList<LossTerm> Terms { get; } =
    [
        new("global", "global", _contrastive), new("local", "local", _contrastive),
        new("gate_report", "on the report", _gates), new("gate_image", "on the image", _gates),
    ];

    /// <summary>The paper: L = global + local + λ · auxiliary; it gives no number for λ. Others are the released code's for pre-training.</summary>
    public static IReadOnlyList<LossWeight> Weights { get; } =
    [
        new("Global", "Weight of the global loss.", Paper: 1, Released: 0.5), new("Local", "Weight of the local loss.", Paper: 1, Released: 0.5),
        new("Auxiliary", "Weight of the gates' loss, the paper's lambda.", Paper: 1, Released: 2),
    ];

    internal Loss Of(TrainingBatch batch)
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
        var total = globalSum.Times(weights["Global"]).Plus(localSum.Times(weights["Local"]))
            .Plus(reportGate.Plus(imageGate).Times(weights["Auxiliary"]));
        Tensor Out(Tensor tensor) => tensor.MoveToOuterDisposeScope();
        return new Loss(Out(total), [Out(globalSum), Out(localSum), Out(reportGate), Out(imageGate)]);
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
            var own = groups.Length == 1
                ? pyramid
                : [.. pyramid.Select(level => level.index_select(0, tensor(rows.ToArray(), device: networks.Device)))];
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
