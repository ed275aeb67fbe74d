using System.Numerics.Tensors;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Wire;

/// <summary>
/// Checks every output of a network. Weights and inputs are finite, so a result that is not finite has overflowed, because the caller's values are
/// too large. The field in the error is the caller's.
/// </summary>
public static class NetworkOutput
{
    public static void RequireFinite(ReadOnlySpan<float> values, string field)
    {
        if (!values.IsEmpty && !TensorPrimitives.IsFiniteAll(values))
        {
            throw Overflow(field, DataType.Fp32);
        }
    }

    /// <summary>Checks a tensor in the type in which it is sent: FP16 ends at 65504.</summary>
    public static void RequireFinite(WireTensor tensor, string field)
    {
        if (!WireTensors.IsFinite(tensor))
        {
            throw Overflow(field, tensor.DataType);
        }
    }

    /// <summary>For concatenated vectors used in cosines: their length must not overflow either, or every cosine would be 0.</summary>
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
        field, $"its values are too large: the network's output overflows {type.ToString().ToUpperInvariant()}");
}
