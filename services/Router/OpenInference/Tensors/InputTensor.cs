using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.OpenInference;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Router.OpenInference.Tensors;

/// <summary>An input of a request, whose form has been checked.</summary>
/// <param name="Type">One of the types of its <see cref="TensorSpec"/>.</param>
/// <param name="Dims">Its dimensions without the batch.</param>
/// <param name="Items">
/// The items of the batch: the element of BYTES, or the item's elements as bytes, row-major and little-endian. They share the request's memory.
/// </param>
internal sealed record InputTensor(ElementType Type, IReadOnlyList<long> Dims, IReadOnlyList<ByteString> Items)
{
    private const int LengthSize = sizeof(uint);

    /// <summary>Checks a tensor against its specification, and takes it apart. Nothing is allocated for what is not there.</summary>
    /// <param name="tensor">As it came.</param>
    /// <param name="raw">Its entry of <c>raw_input_contents</c>; null: its own contents.</param>
    /// <param name="spec">What it should be.</param>
    /// <param name="maxItems">The largest batch.</param>
    /// <exception cref="InvalidFieldException">Another type or shape, or not as many elements as the shape says.</exception>
    public static InputTensor Read(ModelInferRequest.Types.InferInputTensor tensor, ByteString? raw, TensorSpec spec, int maxItems)
    {
        var type = spec.OtherTypes.Prepend(spec.Type).FirstOrDefault(known => known.Name == tensor.Datatype) ?? throw new InvalidFieldException(
            spec.Name,
            $"has datatype {Quoted.Of(tensor.Datatype)}, expected {string.Join(" or ", spec.OtherTypes.Prepend(spec.Type).Select(t => t.Name))}");
        if (tensor.Parameters.Count > 0)
        {
            throw new InvalidFieldException($"{spec.Name}.parameters", $"{Quoted.Of(tensor.Parameters.Keys.First())} is not known");
        }
        var items = ItemsOf(tensor.Shape, spec, maxItems);
        // At most a few thousand items of one image each: far from an overflow.
        var perItem = spec.Dims.Aggregate(1L, (a, b) => a * b);
        return new InputTensor(type, spec.Dims, type.Size == 0
            ? raw is null ? Typed(tensor, spec, items, c => c.BytesContents, "bytes_contents") : Elements(raw, spec, items)
            : Slices(raw ?? Packed(tensor, spec, type, items * perItem), spec, type, items, perItem));
    }

    private static int ItemsOf(IReadOnlyList<long> shape, TensorSpec spec, int maxItems)
    {
        if (shape.Count != spec.Dims.Count + 1 || !shape.Skip(1).SequenceEqual(spec.Dims) || shape[0] < 0)
        {
            throw new InvalidFieldException(spec.Name, $"has shape {Shapes.Text(shape)}, expected [n, {Shapes.Text(spec.Dims)[1..]}");
        }
        return shape[0] == 0 ? throw new InvalidFieldException(spec.Name, "is an empty batch")
            : shape[0] <= maxItems ? (int)shape[0]
            : throw new InvalidFieldException(spec.Name, $"is a batch of {shape[0]}, over the limit of {maxItems} items (Router:MaxBatchSize)");
    }

    private static IReadOnlyList<T> Typed<T>(
        ModelInferRequest.Types.InferInputTensor tensor, TensorSpec spec, long elements, Func<InferTensorContents, IReadOnlyList<T>> field,
        string name)
    {
        var contents = tensor.Contents ?? throw new InvalidFieldException(spec.Name, "has no contents, and the request no raw_input_contents");
        var values = field(contents);
        var others = contents.BoolContents.Count + contents.IntContents.Count + contents.Int64Contents.Count + contents.UintContents.Count
            + contents.Uint64Contents.Count + contents.Fp32Contents.Count + contents.Fp64Contents.Count + contents.BytesContents.Count - values.Count;
        return others > 0 ? throw new InvalidFieldException($"{spec.Name}.contents", $"has values of another type; {tensor.Datatype} takes {name}")
            : values.Count == elements ? values
            : throw new InvalidFieldException(
                $"{spec.Name}.contents.{name}", $"has {values.Count} elements, expected {elements} for shape {Shapes.Text(tensor.Shape)}");
    }

    private static ByteString Packed(ModelInferRequest.Types.InferInputTensor tensor, TensorSpec spec, ElementType type, long elements)
    {
        if (type != ElementType.Fp32)
        {
            throw new InvalidFieldException(spec.Name, $"{type.Name} has no typed contents: send raw_input_contents");
        }
        var values = Typed(tensor, spec, elements, c => c.Fp32Contents, "fp32_contents");
        return UnsafeByteOperations.UnsafeWrap(MemoryMarshal.AsBytes<float>(values.ToArray()).ToArray());
    }

    private static ByteString[] Slices(ByteString bytes, TensorSpec spec, ElementType type, int items, long perItem)
    {
        var size = (int)(perItem * type.Size);
        return bytes.Length == (long)size * items
            ? [.. Enumerable.Range(0, items).Select(i => UnsafeByteOperations.UnsafeWrap(bytes.Memory.Slice(i * size, size)))]
            : throw new InvalidFieldException(spec.Name, $"has {bytes.Length} bytes, expected {(long)size * items} for its shape and {type.Name}");
    }

    /// <summary>The elements of BYTES, each after its length.</summary>
    private static ByteString[] Elements(ByteString raw, TensorSpec spec, int items)
    {
        var elements = new ByteString[items];
        var rest = raw.Memory;
        for (var i = 0; i < items; i++)
        {
            if (rest.Length < LengthSize)
            {
                throw new InvalidFieldException($"{spec.Name}[{i}]", $"is missing: {raw.Length} bytes end before its length of {LengthSize} bytes");
            }
            var length = BinaryPrimitives.ReadUInt32LittleEndian(rest.Span);
            rest = rest[LengthSize..];
            if (length > rest.Length)
            {
                throw new InvalidFieldException($"{spec.Name}[{i}]", $"has a length of {length} bytes, and {rest.Length} follow");
            }
            elements[i] = UnsafeByteOperations.UnsafeWrap(rest[..(int)length]);
            rest = rest[(int)length..];
        }
        return rest.IsEmpty ? elements
            : throw new InvalidFieldException(spec.Name, $"has {rest.Length} bytes after its {items} elements");
    }
}
