using System.Buffers.Binary;
using System.IO.Compression;

namespace MedMoE.Mesh.Reference.PyTorch;

/// <summary>Writes checkpoints in the format of <c>torch.save</c>.</summary>
public static class CheckpointWriter
{
    private static readonly byte[] _magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

    /// <summary>Writes a state dict, in the zip format or the older one.</summary>
    public static void Write(string path, IReadOnlyList<SavedTensor> tensors, bool legacy = false) =>
        Write(path, new PickleWriter().StateDict(tensors, legacy).Op('.').Bytes, [.. tensors.Select(t => t.Storage).Distinct()], legacy);

    /// <summary>Writes any pickle and storages.</summary>
    public static void Write(string path, byte[] pickle, IReadOnlyList<SavedStorage> storages, bool legacy = false)
    {
        using var file = File.Create(path);
        if (legacy)
        {
            WriteLegacy(file, pickle, storages);
        }
        else
        {
            WriteZip(file, pickle, storages, CompressionLevel.NoCompression);
        }
    }

    public static void WriteZip(Stream file, byte[] pickle, IReadOnlyList<SavedStorage> storages, CompressionLevel compression)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
        void Add(string name, Action<Stream> write)
        {
            using var entry = zip.CreateEntry("archive/" + name, compression).Open();
            write(entry);
        }
        Add("data.pkl", entry => entry.Write(pickle));
        Add("byteorder", entry => entry.Write("little"u8));
        foreach (var storage in storages)
        {
            Add("data/" + storage.Key, storage.Write);
        }
        Add("version", entry => entry.Write("3\n"u8));
    }

    private static void WriteLegacy(Stream file, byte[] pickle, IReadOnlyList<SavedStorage> storages)
    {
        file.Write(new PickleWriter().Raw(_magic).Op('.').Bytes);
        file.Write(new PickleWriter().Number(1001).Op('.').Bytes);
        file.Write(new PickleWriter().Op('}').Text("little_endian").Raw(0x88).Op('s').Op('.').Bytes);
        file.Write(pickle);
        var keys = new PickleWriter().Op(']').Op('(');
        foreach (var storage in storages)
        {
            keys.Text(storage.Key);
        }
        file.Write(keys.Op('e').Op('.').Bytes);
        foreach (var storage in storages)
        {
            var elements = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(elements, storage.Elements);
            file.Write(elements);
            storage.Write(file);
        }
    }
}
