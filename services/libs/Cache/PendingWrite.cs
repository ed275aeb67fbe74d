using System.Buffers;

namespace MedMoE.Mesh.Cache;

/// <summary>An entry that waits to be written to Redis, as the value itself: bytes are made when its turn comes.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Size">Bytes that <paramref name="Write"/> writes.</param>
/// <param name="Write">Writes them.</param>
internal readonly record struct PendingWrite(string Key, int Size, Action<IBufferWriter<byte>> Write);
