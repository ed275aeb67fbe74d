namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>Where a storage's bytes lie in the file.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Crc">CRC-32 of them, where the form has one.</param>
internal sealed record StorageBytes(long Offset, long Length, uint? Crc);

/// <summary>What a checkpoint's file holds, in either form.</summary>
/// <param name="Root">The value that was saved.</param>
/// <param name="Storages">The bytes of its storages, by their keys.</param>
internal sealed record Checkpoint(object? Root, IReadOnlyDictionary<string, StorageBytes> Storages)
{
    /// <summary>Bytes of a pickle at most: one of a thousand tensors has 200,000.</summary>
    public const int LargestPickle = 32 << 20;
}
