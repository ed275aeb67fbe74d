using static TorchSharp.torch;

namespace MedMoE.Mesh.Reference;

/// <summary>Measures the difference between tensors.</summary>
public static class Close
{
    /// <summary>‖actual − expected‖ / ‖expected‖ in float64; NaN if a shape differs or a value is not finite.</summary>
    public static double RelativeError(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (!actual.shape.SequenceEqual(expected.shape))
        {
            return double.NaN;
        }
        var (a, e) = (actual.cpu().to(ScalarType.Float64), expected.cpu().to(ScalarType.Float64));
        return ((a - e).norm() / e.norm()).item<double>();
    }

    public static double Cosine(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        var (a, e) = (actual.flatten().cpu().to(ScalarType.Float64), expected.flatten().cpu().to(ScalarType.Float64));
        return (a.dot(e) / (a.norm() * e.norm())).item<double>();
    }
}
