using System.Buffers;

namespace MedMoE.Mesh.Cache;

/// <summary>A kind of cache entry and its serialisation.</summary>
/// <param name="Name">Its name in keys and metrics: "pyramid".</param>
/// <param name="Size">Bytes that <paramref name="Write"/> writes.</param>
/// <param name="Write">Serialises a value.</param>
/// <param name="Read">Deserialises it and may keep the bytes. Throws <see cref="InvalidDataException"/> if they are not valid.</param>
public sealed record EntryKind<T>(string Name, Func<T, int> Size, Action<T, IBufferWriter<byte>> Write, Func<ReadOnlyMemory<byte>, T> Read)
    where T : class
{
    /// <summary>Approximate memory of a value in the process beyond its <see cref="Size"/>, in bytes. Default 0.</summary>
    public Func<T, int> Overhead { get; init; } = _ => 0;
}
