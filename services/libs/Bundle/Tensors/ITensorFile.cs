namespace MedMoE.Mesh.Bundle.Tensors;

/// <summary>Named tensors of a safetensors file, of sharded files, or of a PyTorch checkpoint.</summary>
public interface ITensorFile : IDisposable
{
    /// <summary>The file that messages name.</summary>
    string Path { get; }

    /// <summary>Every tensor; the names are unique.</summary>
    IEnumerable<StoredTensor> All { get; }

    /// <summary>
    /// Reads the bytes (little-endian, row-major) of one of <see cref="All"/>; <paramref name="destination"/> must have exactly the tensor's length.
    /// </summary>
    /// <exception cref="BundleException">The file is truncated or a checksum is wrong.</exception>
    void Read(StoredTensor tensor, Span<byte> destination);
}
