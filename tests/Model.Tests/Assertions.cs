using MedMoE.Mesh.Reference.Networks;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Model.Tests;

internal static class Assertions
{
    public static void Near(IReadOnlyList<Comparison> comparisons)
    {
        Assert.NotEmpty(comparisons);
        foreach (var (name, expected, actual, tolerance) in comparisons)
        {
            Near(expected, actual, tolerance, name);
        }
    }

    public static void Near(Tensor expected, Tensor actual, double tolerance, string what)
    {
        var error = Close.RelativeError(actual, expected);
        Assert.True(error <= tolerance, $"{what}: relative error {error:E2} over {tolerance:E0}; [{string.Join(", ", actual.shape)}]");
    }
}
