using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>A dict, ordered or not, as pairs: nothing is hashed, so that no key can be costly.</summary>
internal sealed class PickledDict
{
    public List<(object? Key, object? Value)> Entries { get; } = [];

    /// <summary>The value of a text key, or null.</summary>
    public object? this[string key] => Entries.FindLast(entry => entry.Key is string text && text == key).Value;
}

/// <summary>A class or function, by its name alone; one of those of <see cref="TorchObjects"/>.</summary>
internal sealed record PickledGlobal(string Name);

/// <summary>A storage: elements that lie elsewhere in the file.</summary>
/// <param name="DType">Their type.</param>
/// <param name="Key">Which storage.</param>
/// <param name="Elements">How many.</param>
internal sealed record PickledStorage(SafetensorsDType DType, string Key, long Elements);

/// <summary>A tensor: a view of a storage.</summary>
/// <param name="Storage">The storage, which others may share.</param>
/// <param name="First">Its first element in the storage.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="Strides">Elements from one index of a dimension to the next.</param>
internal sealed record PickledTensor(PickledStorage Storage, long First, long[] Shape, long[] Strides);
