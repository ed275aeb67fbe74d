using System.Buffers;

namespace MedMoE.Mesh.Cache;

/// <summary>A kind of entry: how it becomes bytes and back.</summary>
/// <param name="Name">Its name in keys and metrics: "pyramid".</param>
/// <param name="Size">Bytes that <paramref name="Write"/> writes.</param>
/// <param name="Write">Writes a value.</param>
/// <param name="Read">Reads it; may keep the bytes. Throws <see cref="InvalidDataException"/> where they are none.</param>
public sealed record EntryKind<T>(string Name, Func<T, int> Size, Action<T, IBufferWriter<byte>> Write, Func<ReadOnlyMemory<byte>, T> Read)
    where T : class
{
    /// <summary>About what a value takes in the process beyond its <see cref="Size"/>. Default: nothing.</summary>
    public Func<T, int> Overhead { get; init; } = _ => 0;
}
