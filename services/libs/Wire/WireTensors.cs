using System.Buffers.Binary;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Google.Protobuf;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Wire;

/// <summary>Converts tensors to and from messages, without libtorch.</summary>
public static class WireTensors
{
    public static int ElementSize(DataType type) => type switch
    {
        DataType.Fp32 => sizeof(float),
        DataType.Fp16 or DataType.Bf16 => sizeof(ushort),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no element type"),
    };

    /// <summary>A tensor of these values, rounded to the nearest value of <paramref name="type"/>. The values are copied once.</summary>
    public static WireTensor FromSingles(ReadOnlySpan<float> values, DataType type, params ReadOnlySpan<long> shape)
    {
        var bytes = new byte[values.Length * ElementSize(type)];
        switch (type)
        {
            case DataType.Fp32:
                MemoryMarshal.AsBytes(values).CopyTo(bytes);
                break;
            case DataType.Fp16:
                TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(bytes.AsSpan()));
                break;
            default:
                var halves = MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan());
                for (var i = 0; i < values.Length; i++)
                {
                    halves[i] = ToBFloat16(values[i]);
                }
                break;
        }
        // The message may keep the array, which is not used again.
        return new WireTensor { DataType = type, Shape = { shape.ToArray() }, Data = UnsafeByteOperations.UnsafeWrap(bytes) };
    }

    /// <summary>The values of a caller's tensor, which is null if missing; -1 in <paramref name="shape"/> accepts any size.</summary>
    /// <exception cref="InvalidFieldException">Missing, with a wrong shape or byte count, or not finite.</exception>
    public static float[] ToSingles(WireTensor? tensor, string field, params ReadOnlySpan<long> shape)
    {
        Require(tensor, field, shape);
        var bytes = tensor!.Data.Span;
        var values = new float[bytes.Length / ElementSize(tensor.DataType)];
        switch (tensor.DataType)
        {
            case DataType.Fp32:
                bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
                break;
            case DataType.Fp16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);
                break;
            default:
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16);
                }
                break;
        }
        // IsFiniteAll is false for an empty span.
        return values.Length == 0 || TensorPrimitives.IsFiniteAll(values) ? values : throw new InvalidFieldException(field, "holds NaN or infinity");
    }

    /// <summary>The element type that a caller asked for, or <paramref name="absent"/> if none.</summary>
    /// <exception cref="InvalidFieldException">Not an element type.</exception>
    public static DataType Require(DataType type, string field, DataType absent) => type switch
    {
        DataType.Unspecified => absent,
        DataType.Fp32 or DataType.Fp16 or DataType.Bf16 => type,
        _ => throw new InvalidFieldException(field, $"{type} is none of FP32, FP16, BF16"),
    };

    /// <exception cref="InvalidFieldException">NaN or infinity. Type and length must have been checked before.</exception>
    public static void RequireFinite(WireTensor tensor, string field)
    {
        if (!IsFinite(tensor))
        {
            throw new InvalidFieldException(field, "holds NaN or infinity");
        }
    }

    /// <summary>Checks a tensor's type, shape and length, without reading its values.</summary>
    /// <exception cref="InvalidFieldException">A check failed.</exception>
    public static void Require(WireTensor? tensor, string field, params ReadOnlySpan<long> shape)
    {
        if (tensor is null)
        {
            throw new InvalidFieldException(field, "is missing");
        }
        if (tensor.DataType is not (DataType.Fp32 or DataType.Fp16 or DataType.Bf16))
        {
            throw new InvalidFieldException(field, $"data_type {tensor.DataType} is none of FP32, FP16, BF16");
        }
        var fits = tensor.Shape.Count == shape.Length;
        var elements = (Int128)1;
        for (var i = 0; fits && i < shape.Length; i++)
        {
            fits = tensor.Shape[i] >= 0 && (shape[i] < 0 || shape[i] == tensor.Shape[i]);
            elements *= tensor.Shape[i];
            fits &= elements <= int.MaxValue;
        }
        if (!fits)
        {
            var any = shape.Contains(-1) ? " (-1: any)" : "";
            throw new InvalidFieldException(field, $"has shape {Shapes.Text(tensor.Shape)}, expected {Shapes.Text(shape.ToArray())}{any}");
        }
        if (tensor.Data.Length != elements * ElementSize(tensor.DataType))
        {
            throw new InvalidFieldException(
                field, $"has {tensor.Data.Length} bytes, expected {elements * ElementSize(tensor.DataType)} for its shape and type");
        }
    }

    /// <summary>Type and length must have been checked before.</summary>
    internal static bool IsFinite(WireTensor tensor)
    {
        var bytes = tensor.Data.Span;
        // A value with all exponent bits set is infinity or NaN.
        return tensor.DataType switch
        {
            DataType.Fp32 => bytes.IsEmpty || TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, float>(bytes)),
            DataType.Fp16 => !AnyHasAll(MemoryMarshal.Cast<byte, ushort>(bytes), 0x7C00),
            _ => !AnyHasAll(MemoryMarshal.Cast<byte, ushort>(bytes), 0x7F80),
        };
    }

    private static bool AnyHasAll(ReadOnlySpan<ushort> values, ushort bits)
    {
        var mask = new Vector<ushort>(bits);
        var at = 0;
        for (; at <= values.Length - Vector<ushort>.Count; at += Vector<ushort>.Count)
        {
            if (Vector.EqualsAny(new Vector<ushort>(values[at..]) & mask, mask))
            {
                return true;
            }
        }
        for (; at < values.Length; at++)
        {
            if ((values[at] & bits) == bits)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Rounds to the nearest bfloat16, halves to even; NaN stays NaN.</summary>
    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? (ushort)((bits >> 16) | 0x40)
            : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
