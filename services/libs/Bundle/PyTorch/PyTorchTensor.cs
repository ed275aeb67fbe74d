using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.PyTorch;

internal sealed record PyTorchTensor(string Name, PickledTensor View) : StoredTensor(Name, View.Storage.DType, View.Shape)
{
    /// <summary>Number of storage elements from the first to the last element of the view.</summary>
    public long Span => View.Shape.Contains(0) ? 0 : 1 + View.Shape.Zip(View.Strides, (size, stride) => (size - 1) * stride).Sum();

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

    /// <summary>Copies the elements into row-major order. <paramref name="span"/> holds the bytes of <see cref="Span"/> elements.</summary>
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
