using static TorchSharp.torch;

namespace MedMoE.Mesh.Reference.Networks;

/// <summary>A network's output and its reference value. The tensors belong to the caller's dispose scope.</summary>
/// <param name="Name">Name of the value in the golden file.</param>
/// <param name="Expected">The reference, on the CPU in float32.</param>
/// <param name="Actual">On any device, in any float type.</param>
/// <param name="Tolerance">Largest relative error in float32 on a CPU.</param>
public sealed record Comparison(string Name, Tensor Expected, Tensor Actual, double Tolerance)
{
    /// <summary>Largest relative error of one network in float32 (tests/golden/README.md).</summary>
    public const double OneNetwork = 1e-5;

    /// <summary>Largest relative error through the whole chain in float32.</summary>
    public const double WholeChain = 1e-4;

    /// <summary>Between a row of a batch and its single run.</summary>
    public const double SingleRun = 1e-6;

    /// <summary>Smallest cosine in bf16 and fp16.</summary>
    public double SmallestCosine { get; init; } = 0.999;

    /// <summary>‖actual − expected‖ / ‖expected‖; NaN if a shape differs or a value is not finite.</summary>
    public double RelativeError => Close.RelativeError(Actual, Expected);

    public double Cosine => Close.Cosine(Actual, Expected);
}
