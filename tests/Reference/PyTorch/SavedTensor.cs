using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Reference.PyTorch;

/// <summary>A storage to be saved.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Type">PyTorch's class, such as FloatStorage.</param>
/// <param name="Elements">Number of elements declared.</param>
/// <param name="Write">Writes their bytes.</param>
public sealed record SavedStorage(string Key, string Type, long Elements, Action<Stream> Write)
{
    public static SavedStorage Of<T>(string key, string type, params T[] values)
        where T : unmanaged => new(key, type, values.Length, stream => stream.Write(MemoryMarshal.AsBytes<T>(values)));
}

/// <summary>A tensor to be saved: a view of a storage.</summary>
/// <param name="Name">Name in the state dict.</param>
/// <param name="Storage">The storage, which others may share.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="First">First element in the storage.</param>
/// <param name="Strides">Elements from one index to the next; row-major by default.</param>
public sealed record SavedTensor(string Name, SavedStorage Storage, long[] Shape, long First = 0, long[]? Strides = null)
{
    /// <summary>A tensor of float32, in a storage of its own whose key is the name.</summary>
    public static SavedTensor Of(string name, Tensor tensor) =>
        new(name, new SavedStorage(name, "FloatStorage", tensor.numel(), stream => stream.Write(tensor.bytes)), tensor.shape);

    public static SavedTensor Of(string name, long[] shape, params float[] values) => new(name, SavedStorage.Of(name, "FloatStorage", values), shape);
}
