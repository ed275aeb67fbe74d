using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Experts;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Training.Losses;

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
    private readonly ScalarType _trunk = halfTrunk ? ScalarType.BFloat16 : ScalarType.Float32;

    public static IReadOnlyList<TrainingLoss> Losses { get; } = [new GlobalLoss(), new LocalLoss(), new GateLoss()];

    /// <summary>The terms of all losses, in their order.</summary>
    public static IReadOnlyList<LossTerm> Terms { get; } = [.. Losses.SelectMany(loss => loss.Terms)];

    public static IReadOnlyList<LossWeight> Weights { get; } = [.. Losses.Select(loss => loss.Weight)];

    internal Loss Of(TrainingBatch batch)
    {
        using var scope = NewDisposeScope();
        var pyramid = new Tensor[PyramidBackbone.Levels];
        var pooled = networks.Backbone.Extract(Pixels(batch), (level, features) => pyramid[level] = features).to(ScalarType.Float32);
        pyramid = Array.ConvertAll(pyramid, level => level.to(ScalarType.Float32));
        var texts = networks.Text.Encode(batch.Reports);
        var reportLogits = networks.Gate.ReportLogits(texts.Sentences);
        var types = tensor(batch.ReportTypes.Select(t => (long)t).ToArray(), device: networks.Device);

        // All words of the batch look at every image, more words than a feature has dimensions: here the features are built once.
        var features = LocalFeatures.From(Fuse(pyramid, Route(batch, reportLogits)));
        var outputs = new BatchOutputs(
            networks.Manifest, features, texts.Sentences, texts.Words, texts.WordCounts, reportLogits, networks.Gate.ImageLogits(pooled), types);
        var terms = Losses.Select(loss => loss.Of(outputs)).ToArray();
        var weighted = Losses.Zip(terms, (loss, own) => own.Aggregate((sum, term) => sum.Plus(term)).Times(weights[loss.Weight.Name]));
        Tensor Out(Tensor tensor) => tensor.MoveToOuterDisposeScope();
        return new Loss(Out(weighted.Aggregate((sum, loss) => sum.Plus(loss))), [.. terms.SelectMany(own => own).Select(Out)]);
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
