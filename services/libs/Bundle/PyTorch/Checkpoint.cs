namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>Position of a storage's bytes in the file, and their CRC-32 if the format has one.</summary>
internal sealed record StorageBytes(long Offset, long Length, uint? Crc);

/// <summary>Contents of a checkpoint file in either format: the saved value, and the storages by key.</summary>
internal sealed record Checkpoint(object? Root, IReadOnlyDictionary<string, StorageBytes> Storages)
{
    /// <summary>Limit in bytes; the pickle of a thousand tensors has 200,000.</summary>
    public const int LargestPickle = 32 << 20;
}
