using System.Buffers.Binary;
using System.Numerics;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>
/// PyTorch's file format before 1.6: a sequence of pickles (magic number, format version, machine, value, storage keys), then for each key the
/// element count and the elements.
/// </summary>
internal static class LegacyForm
{
    private const long Version = 1001;

    private static readonly BigInteger _magic = BigInteger.Parse("119547037146038801333356", null);

    public static Checkpoint Read(FileContent content)
    {
        var input = new PickleInput(content.Path, content.Read(0, (int)Math.Min(content.Length, Checkpoint.LargestPickle)));
        var unpickler = new Unpickler(input);
        if (unpickler.Read() is not BigInteger magic || magic != _magic || unpickler.Read() is not Version)
        {
            throw Fault(content, "a pickle that torch.save did not write");
        }
        if (unpickler.Read() is not PickledDict machine || machine["little_endian"] is not true)
        {
            throw Fault(content, "not written on a little-endian machine");
        }
        var root = unpickler.Read();
        var keys = unpickler.Read() as List<object?>;
        if (keys is null || keys.Count != unpickler.Storages.Count)
        {
            throw Fault(content, "its list of storages does not match its tensors");
        }
        var (storages, position) = (new Dictionary<string, StorageBytes>(StringComparer.Ordinal), (long)input.Position);
        foreach (var key in keys)
        {
            if (key is not string name || !unpickler.Storages.TryGetValue(name, out var storage)
                || BinaryPrimitives.ReadInt64LittleEndian(content.Read(position, sizeof(long))) != storage.Elements)
            {
                throw Fault(content, "a storage differs in size from its tensors, or has no tensors");
            }
            var bytes = new StorageBytes(position + sizeof(long), storage.Elements * storage.DType.Size(), Crc: null);
            position = bytes.Offset;
            if (bytes.Length > content.Length - position || !storages.TryAdd(name, bytes))
            {
                throw Fault(content, $"storage {name} is truncated or duplicated");
            }
            position += bytes.Length;
        }
        return position == content.Length ? new Checkpoint(root, storages)
            : throw Fault(content, $"{content.Length - position} bytes after the last storage");
    }

    private static BundleException Fault(FileContent content, string reason) =>
        new(content.Path, $"not a PyTorch checkpoint that can be read: {reason}");
}
