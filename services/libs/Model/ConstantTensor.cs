namespace MedMoE.Mesh.Model;

/// <summary>
/// A tensor that follows from sizes alone, such as a mask. It is no buffer of its network: TorchSharp 0.107 neither moves nor disposes
/// buffers that are not persistent. Instead it is made where it is first wanted, and again after the network has moved.
/// </summary>
/// <param name="create">Makes it on the CPU.</param>
internal sealed class ConstantTensor(Func<Tensor> create) : IDisposable
{
    private Tensor? _tensor;

    /// <summary>The tensor on the device of another. It belongs to this object.</summary>
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
