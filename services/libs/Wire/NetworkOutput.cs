using System.Numerics.Tensors;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Wire;

/// <summary>
/// What networks answer: every number that leaves one passes here. Weights are finite, and so is what callers send, so that a result which is
/// not has overflowed on its way, and the caller's values are too large.
/// </summary>
public static class NetworkOutput
{
    /// <param name="values">What a network made.</param>
    /// <param name="field">The caller's field that it was made of.</param>
    /// <exception cref="InvalidFieldException">NaN or infinity is among them.</exception>
    public static void RequireFinite(ReadOnlySpan<float> values, string field)
    {
        if (!values.IsEmpty && !TensorPrimitives.IsFiniteAll(values))
        {
            throw Overflow(field, DataType.Fp32);
        }
    }

    /// <param name="tensor">What a network made, as it is to be sent: FP16 ends at 65504.</param>
    /// <param name="field">The caller's field that it was made of.</param>
    /// <exception cref="InvalidFieldException">NaN or infinity is in it.</exception>
    public static void RequireFinite(WireTensor tensor, string field)
    {
        if (!WireTensors.IsFinite(tensor))
        {
            throw Overflow(field, tensor.DataType);
        }
    }

    /// <summary>For vectors that angles are taken of: the length must not overflow either, or every angle would be a right one.</summary>
    /// <param name="vectors">One after the other.</param>
    /// <param name="dim">Values of each.</param>
    /// <param name="field">The caller's field that they are, or were made of.</param>
    /// <exception cref="InvalidFieldException">One is too long.</exception>
    public static void RequireLength(ReadOnlySpan<float> vectors, int dim, string field)
    {
        for (var at = 0; at < vectors.Length; at += dim)
        {
            if (!float.IsFinite(TensorPrimitives.SumOfSquares(vectors.Slice(at, dim))))
            {
                throw Overflow(field, DataType.Fp32);
            }
        }
    }

    private static InvalidFieldException Overflow(string field, DataType type) => new(
        field, $"its values are too large: what the network makes of them overflows {type.ToString().ToUpperInvariant()}");
}
