namespace MedMoE.Mesh.Model.Experts;

/// <summary>
/// One level of an image after an expert's projection: features at the level's own resolution, [batch, n, D]; the level's score at every position of
/// the finest grid, [batch, P], float32; and the interpolation to that grid.
/// </summary>
public sealed record LevelFeatures(Tensor Native, Tensor ScaleScores, GridInterpolation Grid);

/// <summary>
/// An image's local features v: at each of the P positions of the finest grid, the sum of the interpolated levels, weighted by the softmax over
/// scales. They are kept as levels and weights; only <see cref="Dense"/> builds the [batch, P, D] tensor.
/// </summary>
public sealed class LocalFeatures
{
    private readonly IReadOnlyList<LevelFeatures> _levels;

    public LocalFeatures(IReadOnlyList<LevelFeatures> levels)
    {
        _levels = levels;
        ScaleWeights = stack(levels.Select(l => l.ScaleScores), dim: 1).softmax(1);
    }

    /// <summary>Weight of each level at each position, [batch, levels, P], float32.</summary>
    public Tensor ScaleWeights { get; }

    public long Rows => ScaleWeights.shape[0];

    /// <summary>Positions of the finest grid, P.</summary>
    public long Positions => ScaleWeights.shape[2];

    /// <summary>Wraps existing features, [batch, P, D].</summary>
    public static LocalFeatures From(Tensor dense) =>
        new([new LevelFeatures(dense, zeros(dense.shape[..2], ScalarType.Float32, dense.device), new SameGrid())]);

    /// <summary>v, [batch, P, D].</summary>
    public Tensor Dense()
    {
        using var scope = NewDisposeScope();
        return Sum((level, weights) => Weighted(level.Grid.Features(level.Native), weights.unsqueeze(2).to(level.Native.dtype)))
            .MoveToOuterDisposeScope();
    }

    /// <summary>The global embedding: v's mean over positions, [batch, D], float32.</summary>
    public Tensor Mean()
    {
        using var scope = NewDisposeScope();
        return Sum((level, weights) => Gather(level, weights.unsqueeze(1).Times(1.0 / Positions))).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>The product of each word, [batch, words, D], with v at each position: [batch, words, P], float32.</summary>
    public Tensor Scores(Tensor words)
    {
        using var scope = NewDisposeScope();
        return Sum((level, weights) => Weighted(
            level.Grid.Maps(words.to(level.Native.dtype).matmul(level.Native.transpose(1, 2)).to(ScalarType.Float32)), weights.unsqueeze(1)))
            .MoveToOuterDisposeScope();
    }

    /// <summary>Sums of v over positions, weighted by maps [batch, maps, P], float32: [batch, maps, D], float32.</summary>
    public Tensor Contexts(Tensor maps)
    {
        using var scope = NewDisposeScope();
        return Sum((level, weights) => Gather(level, Weighted(maps, weights.unsqueeze(1)))).MoveToOuterDisposeScope();
    }

    /// <summary>Maps on the finest grid are moved to the level by the transposed interpolation and multiplied with its features.</summary>
    private static Tensor Gather(LevelFeatures level, Tensor maps) =>
        level.Grid.Transposed(maps).to(level.Native.dtype).matmul(level.Native).to(ScalarType.Float32);

    /// <summary>A single level has weight 1 everywhere.</summary>
    private Tensor Weighted(Tensor values, Tensor weights) => _levels.Count == 1 ? values : values * weights;

    private Tensor Sum(Func<LevelFeatures, Tensor, Tensor> term) =>
        _levels.Select((level, i) => term(level, ScaleWeights.select(1, i))).Aggregate((sum, next) => sum.Plus(next));
}
