using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>A dict, ordered or not, as pairs. Keys are not hashed, so no key can be costly.</summary>
internal sealed class PickledDict
{
    public List<(object? Key, object? Value)> Entries { get; } = [];

    public object? this[string key] => Entries.FindLast(entry => entry.Key is string text && text == key).Value;
}

/// <summary>A class or function, known only by its name; one of <see cref="TorchObjects"/>.</summary>
internal sealed record PickledGlobal(string Name);

/// <summary>Reference to a storage, whose elements are elsewhere in the file.</summary>
internal sealed record PickledStorage(SafetensorsDType DType, string Key, long Elements);

/// <summary>A strided view of a storage, which other tensors may share; <paramref name="First"/> and the strides count elements.</summary>
internal sealed record PickledTensor(PickledStorage Storage, long First, long[] Shape, long[] Strides);
