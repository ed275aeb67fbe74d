using System.Buffers;
using System.Buffers.Binary;
using MedMoE.Mesh.Cache;
using MedMoE.Mesh.Router.Entries;

namespace MedMoE.Mesh.Router.Pyramids;

/// <summary>The cache entries of an image.</summary>
internal static class PyramidEntry
{
    /// <summary>The pooled feature, for the image gate.</summary>
    public static EntryKind<WireTensor> Pooled { get; } = MessageEntry.Of(
        "pooled", WireTensor.Parser, pooled => pooled.Data.Length > 0, pooled => [pooled]);

    /// <summary>The levels of a pyramid as received, each prefixed by its length.</summary>
    public static EntryKind<RelayMessage[]> Levels { get; } = new(
        "pyramid",
        levels => levels.Sum(level => sizeof(int) + level.Bytes.Length),
        (levels, writer) =>
        {
            foreach (var level in levels)
            {
                BinaryPrimitives.WriteInt32LittleEndian(writer.GetSpan(sizeof(int)), level.Bytes.Length);
                writer.Advance(sizeof(int));
                writer.Write(level.Bytes.Span);
            }
        },
        Read)
    {
        Overhead = levels => levels.Length * MessageEntry.ArrayOverhead,
    };

    /// <summary>The key of both entries.</summary>
    public static string Key(string image, DataType type, ModelInfo backbone) => EntryKey.Of(image, type.ToString(), EntryKey.Of(backbone));

    private static RelayMessage[] Read(ReadOnlyMemory<byte> bytes)
    {
        var levels = new List<RelayMessage>();
        while (bytes.Length >= sizeof(int))
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
            if (length < 0 || length > bytes.Length - sizeof(int))
            {
                throw new InvalidDataException("a level is truncated");
            }
            var level = new RelayMessage(bytes.Slice(sizeof(int), length));
            var head = level.ReadHead();
            if (head.Level != levels.Count || head.LevelCount != Pyramid.Levels)
            {
                throw new InvalidDataException($"level {head.Level} of {head.LevelCount} in the place of level {levels.Count}");
            }
            levels.Add(level);
            bytes = bytes[(sizeof(int) + length)..];
        }
        return levels.Count == Pyramid.Levels ? [.. levels] : throw new InvalidDataException($"{levels.Count} levels");
    }
}
