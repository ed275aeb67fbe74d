namespace MedMoE.Mesh.Bundle.Tensors;

/// <summary>Tensors by name, whatever holds them: a safetensors file, several, or a PyTorch checkpoint.</summary>
public interface ITensorFile : IDisposable
{
    /// <summary>The file that messages name.</summary>
    string Path { get; }

    /// <summary>Every tensor; names are there once.</summary>
    IEnumerable<StoredTensor> All { get; }

    /// <summary>Reads a tensor's bytes (little-endian, row-major) into <paramref name="destination"/>, which must be exactly as long.</summary>
    /// <param name="tensor">One of <see cref="All"/>.</param>
    /// <param name="destination">Gets the bytes.</param>
    /// <exception cref="BundleException">The file ends too early, or a check sum is wrong.</exception>
    void Read(StoredTensor tensor, Span<byte> destination);
}
