using System.Buffers;

namespace MedMoE.Mesh.Cache;

/// <summary>An entry queued for writing to Redis, serialised only when it is written; without <c>Write</c>, the end of its lease.</summary>
internal readonly record struct PendingWrite(string Key, int Size, Action<IBufferWriter<byte>>? Write);
