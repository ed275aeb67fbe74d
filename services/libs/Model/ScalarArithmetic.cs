namespace MedMoE.Mesh.Model;

/// <summary>
/// Arithmetic of tensors and numbers. TorchSharp 0.107 passes native code the pointer of a <see cref="Scalar"/> to which no reference is left, so the
/// garbage collector may free it during the call: about once in fifty thousand calls the number is garbage, or the call fails (TorchSharp pull
/// request 1434 is about the same objects). Here a scalar lives until the call has returned. BannedSymbols.txt forbids implicit scalars in the
/// networks and their training.
/// </summary>
public static class ScalarArithmetic
{
    private static readonly Scalar _one = 1.ToScalar();

    /// <summary>The sum of two tensors. TorchSharp's operator also creates a scalar: the factor 1 of the second.</summary>
    public static Tensor Plus(this Tensor tensor, Tensor summand) => tensor.add(summand, _one);

    public static Tensor Times(this Tensor tensor, double factor)
    {
        using var scalar = factor.ToScalar();
        return tensor.mul(scalar);
    }

    public static Tensor Plus(this Tensor tensor, double summand)
    {
        using var scalar = summand.ToScalar();
        return tensor.add(scalar);
    }

    /// <summary>Sets masked elements to minus infinity, so that a softmax gives them 0.</summary>
    public static Tensor Without(this Tensor tensor, Tensor mask)
    {
        using var scalar = float.NegativeInfinity.ToScalar();
        return tensor.masked_fill(mask, scalar);
    }

    public static Tensor PlusAt(this Tensor tensor, long dimension, Tensor index, Tensor source) => tensor.index_add(dimension, index, source, _one);
}
