using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>A tensor of a checkpoint: a view of a storage, which others may share.</summary>
internal sealed record PyTorchTensor(string Name, PickledTensor View) : StoredTensor(Name, View.Storage.DType, View.Shape)
{
    /// <summary>Elements from the first one of the view to behind its last one.</summary>
    public long Span => View.Shape.Contains(0) ? 0 : 1 + View.Shape.Zip(View.Strides, (size, stride) => (size - 1) * stride).Sum();

    /// <summary>Whether the elements lie one behind the other in row-major order.</summary>
    public bool IsContiguous
    {
        get
        {
            var expected = 1L;
            for (var d = View.Shape.Length - 1; d >= 0; d--)
            {
                if (View.Shape[d] != 1 && View.Strides[d] != expected)
                {
                    return View.Shape.Contains(0);
                }
                expected *= View.Shape[d];
            }
            return true;
        }
    }

    /// <summary>Copies the elements into row-major order.</summary>
    /// <param name="span">The bytes of <see cref="Span"/> elements.</param>
    /// <param name="destination">Gets those of the view.</param>
    public void Gather(ReadOnlySpan<byte> span, Span<byte> destination)
    {
        var (size, from, index) = (DType.Size(), 0L, new long[Shape.Length]);
        for (; !destination.IsEmpty; destination = destination[size..])
        {
            span.Slice((int)(from * size), size).CopyTo(destination);
            for (var d = Shape.Length - 1; d >= 0; d--)
            {
                from += View.Strides[d];
                if (++index[d] < Shape[d])
                {
                    break;
                }
                from -= View.Strides[d] * Shape[d];
                index[d] = 0;
            }
        }
    }
}
