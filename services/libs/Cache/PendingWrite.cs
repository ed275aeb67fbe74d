using System.Buffers;

namespace MedMoE.Mesh.Cache;

/// <summary>An entry queued for writing to Redis. It is serialised only when it is written.</summary>
internal readonly record struct PendingWrite(string Key, int Size, Action<IBufferWriter<byte>> Write);
