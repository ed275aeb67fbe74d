using static TorchSharp.torch;

namespace MedMoE.Mesh.Model.Tests;

internal static class Assertions
{
    /// <summary>Largest relative error of one network in float32 (tests/golden/README.md).</summary>
    public const double OneNetwork = 1e-5;

    /// <summary>Largest relative error through the whole chain in float32.</summary>
    public const double WholeChain = 1e-4;

    public static void Near(Tensor expected, Tensor actual, double tolerance, string what)
    {
        var error = Close.RelativeError(actual, expected);
        Assert.True(error <= tolerance, $"{what}: relative error {error:E2} over {tolerance:E0}; [{string.Join(", ", actual.shape)}]");
    }
}
