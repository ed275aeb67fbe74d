namespace MedMoE.Mesh.Model;

/// <summary>
/// A tensor that depends only on sizes, such as a mask. It is not a buffer of its network, because TorchSharp 0.107 neither moves nor disposes
/// non-persistent buffers. It is created on first use, on the CPU, and again after the network has moved.
/// </summary>
internal sealed class ConstantTensor(Func<Tensor> create) : IDisposable
{
    private Tensor? _tensor;

    /// <summary>The tensor on the same device as another. This object owns it.</summary>
    public Tensor Beside(Tensor other)
    {
        if (_tensor is null || _tensor.device_type != other.device_type || _tensor.device_index != other.device_index)
        {
            using var scope = NewDisposeScope();
            _tensor?.Dispose();
            _tensor = create().to(other.device).DetachFromDisposeScope();
        }
        return _tensor;
    }

    public void Dispose() => _tensor?.Dispose();
}
