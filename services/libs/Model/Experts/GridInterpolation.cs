using static TorchSharp.torch.nn;

namespace MedMoE.Mesh.Model.Experts;

/// <summary>
/// Linear interpolation from a level's n positions to the finest grid's P, as a linear map M: [n] to [P]. With its transpose, the interpolated
/// features need not be built: what is linear in them is computed at native resolution.
/// </summary>
public abstract class GridInterpolation : IDisposable
{
    /// <summary>Features: [batch, n, channels] to [batch, P, channels].</summary>
    public abstract Tensor Features(Tensor native);

    /// <summary>Maps: x M^T, [batch, maps, n] to [batch, maps, P].</summary>
    public abstract Tensor Maps(Tensor native);

    /// <summary>The transpose: x M, [batch, maps, P] to [batch, maps, n].</summary>
    public abstract Tensor Transposed(Tensor fine);

    public virtual void Dispose()
    {
    }

    /// <summary>
    /// For every fine position the two nearest coarse ones and the weight of the second, as PyTorch's <c>align_corners=false</c>: the centres of the
    /// first and last cells are extended to the edges.
    /// </summary>
    protected static (long[] Lower, long[] Upper, float[] Weight) Taps(int coarse, int fine)
    {
        var (lower, upper, weight) = (new long[fine], new long[fine], new float[fine]);
        var scale = (float)coarse / fine;
        for (var i = 0; i < fine; i++)
        {
            var source = Math.Max(0, (scale * (i + 0.5f)) - 0.5f);
            lower[i] = Math.Min((long)source, coarse - 1);
            upper[i] = Math.Min(lower[i] + 1, coarse - 1);
            weight[i] = source - lower[i];
        }
        return (lower, upper, weight);
    }
}

internal sealed class SameGrid : GridInterpolation
{
    public override Tensor Features(Tensor native) => native;

    public override Tensor Maps(Tensor native) => native;

    public override Tensor Transposed(Tensor fine) => fine;
}

/// <summary>Bilinear interpolation of square grids (architecture paper). It is separable: two small products, one per direction.</summary>
internal sealed class BilinearInterpolation : GridInterpolation
{
    private readonly int _coarse;
    private readonly int _fine;
    private readonly ConstantTensor _matrix;

    /// <summary>Sizes are positions per side.</summary>
    public BilinearInterpolation(int coarse, int fine)
    {
        (_coarse, _fine) = (coarse, fine);
        _matrix = new ConstantTensor(() =>
        {
            var (lower, upper, weight) = Taps(coarse, fine);
            var matrix = new float[fine, coarse];
            for (var i = 0; i < fine; i++)
            {
                matrix[i, lower[i]] += 1 - weight[i];
                matrix[i, upper[i]] += weight[i];
            }
            return tensor(matrix);
        });
    }

    public override Tensor Features(Tensor native)
    {
        var grid = native.view(native.shape[0], _coarse, _coarse, -1).permute(0, 3, 1, 2);
        return functional.interpolate(grid, size: [_fine, _fine], mode: InterpolationMode.Bilinear, align_corners: false)
            .permute(0, 2, 3, 1).flatten(1, 2);
    }

    public override Tensor Maps(Tensor native)
    {
        var matrix = _matrix.Beside(native);
        return matrix.matmul(native.view(native.shape[0], native.shape[1], _coarse, _coarse)).matmul(matrix.t()).flatten(2, 3);
    }

    public override Tensor Transposed(Tensor fine)
    {
        var matrix = _matrix.Beside(fine);
        return matrix.t().matmul(fine.view(fine.shape[0], fine.shape[1], _fine, _fine)).matmul(matrix).flatten(2, 3);
    }

    public override void Dispose() => _matrix.Dispose();
}

/// <summary>Linear interpolation over flattened positions (architecture reference).</summary>
internal sealed class FlattenedInterpolation : GridInterpolation
{
    private readonly int _coarse;
    private readonly int _fine;
    private readonly ConstantTensor _lower;
    private readonly ConstantTensor _upper;
    private readonly ConstantTensor _weight;

    public FlattenedInterpolation(int coarse, int fine)
    {
        (_coarse, _fine) = (coarse, fine);
        _lower = new ConstantTensor(() => tensor(Taps(coarse, fine).Lower));
        _upper = new ConstantTensor(() => tensor(Taps(coarse, fine).Upper));
        _weight = new ConstantTensor(() => tensor(Taps(coarse, fine).Weight));
    }

    public override Tensor Features(Tensor native) =>
        functional.interpolate(native.transpose(1, 2), size: [_fine], mode: InterpolationMode.Linear, align_corners: false).transpose(1, 2);

    public override Tensor Maps(Tensor native) => native.index_select(2, _lower.Beside(native))
        .lerp(native.index_select(2, _upper.Beside(native)), _weight.Beside(native));

    public override Tensor Transposed(Tensor fine)
    {
        var upper = fine * _weight.Beside(fine);
        return zeros([fine.shape[0], fine.shape[1], _coarse], fine.dtype, fine.device)
            .PlusAt(2, _lower.Beside(fine), fine - upper).PlusAt(2, _upper.Beside(fine), upper);
    }

    public override void Dispose()
    {
        _lower.Dispose();
        _upper.Dispose();
        _weight.Dispose();
    }
}
