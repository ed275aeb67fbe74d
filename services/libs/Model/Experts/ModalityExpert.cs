using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Swin;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Experts;

/// <summary>
/// Sizes of an expert: channels of each level, finest first, the embedding dimension D, and the bottleneck, 0 in architecture reference.
/// </summary>
public sealed record ExpertShape(Architecture Architecture, IReadOnlyList<int> LevelChannels, int EmbeddingDim, int Bottleneck)
{
    public static ExpertShape Of(BundleManifest manifest, SwinConfig backbone) =>
        new(manifest.Architecture, PyramidBackbone.LevelChannels(backbone), manifest.EmbeddingDim, manifest.Expert?.Bottleneck ?? 0);

    /// <summary>
    /// Multiply-adds of one image in one expert: projections and scale attention at native resolution, the interpolation of the scale attention's
    /// hidden layer, and scores and contexts of the words. The sides of the levels are in positions, finest first.
    /// </summary>
    public long MultiplyAdds(IReadOnlyList<int> levelSides, int words)
    {
        long dim = EmbeddingDim, hidden = EmbeddingDim / 2, fine = (long)levelSides[0] * levelSides[0];
        return LevelChannels.Zip(levelSides, (channels, side) =>
        {
            var positions = (long)side * side;
            var projection = Architecture == Architecture.Paper
                ? positions * ((channels * (long)Bottleneck) + (9L * Bottleneck) + (Bottleneck * dim))
                : positions * channels * dim;
            var interpolation = side == levelSides[0] ? 0 : fine * hidden * (Architecture == Architecture.Paper ? 4 : 2);
            return projection + (positions * dim * hidden) + interpolation + (fine * hidden) + (2 * words * positions * dim);
        }).Sum();
    }
}

/// <summary>
/// A modality expert (the paper, section 4.3): projects the pyramid's levels, weights them at every position and fuses them into local features on
/// the finest level's grid.
/// </summary>
/// <remarks>
/// Interpolation is linear, so the first layer of the scale attention runs before it, at the level's own resolution, with the same result. Each level
/// can be projected as soon as it arrives.
/// </remarks>
public sealed class ModalityExpert : Module
{
    private readonly ModuleList<LevelProjection> proj;
    private readonly ScaleAttention scale_attention;
    private readonly Dictionary<(long Side, long Finest), GridInterpolation> _grids = [];

    public ModalityExpert(ExpertShape shape)
        : base(nameof(ModalityExpert))
    {
        Shape = shape;
        proj = ModuleList<LevelProjection>([.. shape.LevelChannels.Select(channels => shape.Architecture == Architecture.Paper
            ? (LevelProjection)new SeparableProjection(channels, shape.Bottleneck, shape.EmbeddingDim)
            : new PointwiseProjection(channels, shape.EmbeddingDim))]);
        scale_attention = new ScaleAttention(shape.EmbeddingDim);
        RegisterComponents();
    }

    public ExpertShape Shape { get; }

    /// <summary>Projects one level (0 is the finest), [batch, side, side, channels], and scores it at every position of the finest grid.</summary>
    public LevelFeatures Project(int level, Tensor features, long finestSide)
    {
        using var scope = NewDisposeScope();
        var grid = Grid(features.shape[1], finestSide);
        var native = proj[level].forward(features).flatten(1, 2);
        var scores = scale_attention.Scores(native, grid);
        return new LevelFeatures(native.MoveToOuterDisposeScope(), scores.MoveToOuterDisposeScope(), grid);
    }

    /// <summary>
    /// The local features of a whole pyramid, [batch, side, side, channels] per level, finest first. With <paramref name="firstLevel"/> 3 only the
    /// last level is used, without weights.
    /// </summary>
    public LocalFeatures Fuse(IReadOnlyList<Tensor> pyramid, int firstLevel = 0) =>
        new([.. Enumerable.Range(firstLevel, pyramid.Count - firstLevel).Select(level => Project(level, pyramid[level], pyramid[0].shape[1]))]);

    /// <summary>
    /// Least number of images for which an expert in training is normalised by the batch's own statistics. Hard gating often leaves it fewer; then
    /// the running statistics are used, and the batch updates them in proportion to its size. Default 1: always the batch's own.
    /// </summary>
    public int LeastRowsForStatistics
    {
        set
        {
            foreach (var projection in proj)
            {
                projection.LeastRowsForStatistics = value;
            }
        }
    }

    /// <summary>Prepares for inference: folds batch normalisation into the convolutions. Weights must not change afterwards.</summary>
    public void Freeze()
    {
        foreach (var projection in proj)
        {
            projection.Freeze();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var grid in _grids.Values)
            {
                grid.Dispose();
            }
        }
        base.Dispose(disposing);
    }

    /// <summary>The interpolation of levels with this side, cached.</summary>
    private GridInterpolation Grid(long side, long finest)
    {
        if (!_grids.TryGetValue((side, finest), out var grid))
        {
            grid = side == finest ? new SameGrid()
                : Shape.Architecture == Architecture.Paper ? new BilinearInterpolation((int)side, (int)finest)
                : new FlattenedInterpolation((int)(side * side), (int)(finest * finest));
            _grids.Add((side, finest), grid);
        }
        return grid;
    }

    /// <summary>Scores a level at a position: Linear(D, D/2), ReLU, Linear(D/2, 1).</summary>
    private sealed class ScaleAttention : Module
    {
        [ComponentName(Name = "0")]
        private readonly Linear _hidden;
        [ComponentName(Name = "2")]
        private readonly Linear _score;

        public ScaleAttention(int dim)
            : base(nameof(ScaleAttention))
        {
            _hidden = Linear(dim, dim / 2);
            _score = Linear(dim / 2, 1);
            RegisterComponents();
        }

        /// <summary>[batch, n, D] to scores on the finest grid, [batch, P], float32.</summary>
        public Tensor Scores(Tensor native, GridInterpolation grid) =>
            _score.forward(grid.Features(_hidden.forward(native)).relu()).squeeze(2).to(ScalarType.Float32);
    }
}
