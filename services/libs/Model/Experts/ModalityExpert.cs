using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Swin;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Experts;

/// <summary>What an expert is built from.</summary>
/// <param name="Architecture">Which reading of MedMoE.</param>
/// <param name="LevelChannels">Channels of each level, finest first.</param>
/// <param name="EmbeddingDim">D.</param>
/// <param name="Bottleneck">Bottleneck of the projections; 0 in architecture reference, which has none.</param>
public sealed record ExpertShape(Architecture Architecture, IReadOnlyList<int> LevelChannels, int EmbeddingDim, int Bottleneck)
{
    public static ExpertShape Of(BundleManifest manifest, SwinConfig backbone) =>
        new(manifest.Architecture, PyramidBackbone.LevelChannels(backbone), manifest.EmbeddingDim, manifest.Expert?.Bottleneck ?? 0);

    /// <summary>
    /// Multiply-adds of one image through one expert: projections and scale attention at native resolution, the interpolation of the scale
    /// attention's hidden layer, and so many words' scores and contexts.
    /// </summary>
    /// <param name="levelSides">Positions on a side of each level, finest first.</param>
    /// <param name="words">Words of the text.</param>
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
/// A modality expert (the paper, section 4.3): projects the pyramid's levels, weighs them against each other at every position and so
/// fuses them into local features on the finest level's grid.
/// </summary>
/// <remarks>
/// Interpolation is linear, so the first layer of the scale attention runs before it, on a level's own positions; the answer is the same
/// as after it. Each level can be projected as soon as it is there.
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

    /// <summary>Projects one level and scores it at every position of the finest grid.</summary>
    /// <param name="level">The level, 0 the finest.</param>
    /// <param name="features">[batch, side, side, channels].</param>
    /// <param name="finestSide">Positions on a side of level 0.</param>
    public LevelFeatures Project(int level, Tensor features, long finestSide)
    {
        using var scope = NewDisposeScope();
        var grid = Grid(features.shape[1], finestSide);
        var native = proj[level].forward(features).flatten(1, 2);
        var scores = scale_attention.Scores(native, grid);
        return new LevelFeatures(native.MoveToOuterDisposeScope(), scores.MoveToOuterDisposeScope(), grid);
    }

    /// <summary>The local features of a whole pyramid.</summary>
    /// <param name="pyramid">Each level's features [batch, side, side, channels], finest first.</param>
    /// <param name="firstLevel">The finest level to use; with 3 the last one is alone, and nothing is left to weigh.</param>
    public LocalFeatures Fuse(IReadOnlyList<Tensor> pyramid, int firstLevel = 0) =>
        new([.. Enumerable.Range(firstLevel, pyramid.Count - firstLevel).Select(level => Project(level, pyramid[level], pyramid[0].shape[1]))]);

    /// <summary>
    /// Images that a batch must have for an expert in training to be normalised by the batch's own statistics; with fewer, which hard gating
    /// often leaves it, it is by the running ones, and these take in the batch by its share. Default 1: always the batch's own.
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

    /// <summary>The map of a level of this side; made once for each that occurs.</summary>
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

        /// <param name="native">[batch, n, D].</param>
        /// <param name="grid">To the finest grid.</param>
        /// <returns>[batch, P], float32.</returns>
        public Tensor Scores(Tensor native, GridInterpolation grid) =>
            _score.forward(grid.Features(_hidden.forward(native)).relu()).squeeze(2).to(ScalarType.Float32);
    }
}
