using System.IO.Hashing;

namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>PyTorch's file format since 1.6: a zip of <c>NAME/data.pkl</c> and one <c>NAME/data/KEY</c> per storage.</summary>
internal static class ZipForm
{
    private const string Pickle = "/data.pkl";

    public static Checkpoint Read(FileContent content)
    {
        var entries = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        foreach (var entry in ZipEntries.Read(content))
        {
            if (!entries.TryAdd(entry.Name, entry))
            {
                throw Fault(content, $"{entry.Name} is duplicated");
            }
        }
        if (entries.Keys.Where(name => name.EndsWith(Pickle, StringComparison.Ordinal)).ToArray() is not [var pickle])
        {
            throw Fault(content, "a zip without data.pkl, or with several");
        }
        var root = pickle[..^Pickle.Length];
        if (entries.TryGetValue(root + "/byteorder", out var order) && !Small(content, order, 16).AsSpan().SequenceEqual("little"u8))
        {
            throw Fault(content, "written on a big-endian machine");
        }
        var unpickler = new Unpickler(new PickleInput(content.Path, Small(content, entries[pickle], Checkpoint.LargestPickle)));
        var value = unpickler.Read();
        return new Checkpoint(value, unpickler.Storages.Values.ToDictionary(storage => storage.Key, storage =>
            entries.TryGetValue($"{root}/data/{storage.Key}", out var entry) ? new StorageBytes(entry.Offset, entry.Length, entry.Crc)
                : throw Fault(content, $"storage {storage.Key} is missing")));
    }

    private static byte[] Small(FileContent content, ZipEntry entry, int most)
    {
        if (entry.Length > most)
        {
            throw Fault(content, $"{entry.Name} has {entry.Length} bytes, over the limit of {most}");
        }
        var bytes = content.Read(entry.Offset, (int)entry.Length);
        return Crc32.HashToUInt32(bytes) == entry.Crc ? bytes : throw Fault(content, $"wrong checksum of {entry.Name}: the file is damaged");
    }

    private static BundleException Fault(FileContent content, string reason) =>
        new(content.Path, $"not a PyTorch checkpoint that can be read: {reason}");
}
