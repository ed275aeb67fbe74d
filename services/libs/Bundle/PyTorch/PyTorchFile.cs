using System.IO.Hashing;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>
/// A state dict saved by PyTorch, alone or inside a trainer's checkpoint (<c>pytorch_model.bin</c>, <c>*.ckpt</c>), in the zip or the legacy format.
/// The pickle is read as data with an allow-list and never executed. A tensor's bytes are read on demand.
/// </summary>
public sealed class PyTorchFile : ITensorFile
{
    /// <summary>The keys under which trainers save the state dict.</summary>
    private static readonly string[] _stateDicts = ["state_dict", "model_state_dict", "model"];

    private readonly FileContent _content;
    private readonly IReadOnlyDictionary<string, StorageBytes> _storages;
    private readonly Dictionary<string, PyTorchTensor> _tensors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _verified = [];

    private PyTorchFile(FileContent content)
    {
        _content = content;
        Span<byte> start = content.Read(0, (int)Math.Min(content.Length, 2));
        var checkpoint = start.SequenceEqual("PK"u8) ? ZipForm.Read(content)
            : start is [0x80, ..] ? LegacyForm.Read(content)
            : throw new BundleException(content.Path, "not a PyTorch checkpoint: neither the zip nor the legacy format");
        _storages = checkpoint.Storages;
        Collect(StateDict(checkpoint.Root as PickledDict));
    }

    public string Path => _content.Path;

    public IEnumerable<StoredTensor> All => _tensors.Values;

    /// <exception cref="BundleException">Missing, unreadable, damaged, no state dict, or one with unsupported values.</exception>
    public static PyTorchFile Open(string path)
    {
        var content = FileContent.Open(path);
        try
        {
            return new PyTorchFile(content);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    public void Read(StoredTensor tensor, Span<byte> destination)
    {
        var own = (PyTorchTensor)tensor;
        var (key, size) = (own.View.Storage.Key, own.DType.Size());
        var storage = _storages[key];
        var start = storage.Offset + (own.View.First * size);
        if (!own.IsContiguous)
        {
            if (own.Span * size > Array.MaxLength)
            {
                throw new BundleException(Path, $"tensor {own.Name} is a view of {own.Span * size} bytes, over the limit of {Array.MaxLength}");
            }
            Verify(key, storage);
            own.Gather(_content.Read(start, (int)(own.Span * size)), destination);
        }
        else if (destination.Length == storage.Length)
        {
            _content.Read(start, destination);
            RequireCrc(key, storage, Crc32.HashToUInt32(destination));
        }
        else
        {
            Verify(key, storage);
            _content.Read(start, destination);
        }
    }

    public void Dispose() => _content.Dispose();

    private static PickledDict StateDict(PickledDict? root) =>
        root is null || root.Entries.Any(entry => entry.Value is PickledTensor) ? root ?? new PickledDict()
        : _stateDicts.Select(name => root[name]).OfType<PickledDict>().FirstOrDefault() ?? root;

    private void Collect(PickledDict state)
    {
        foreach (var (key, value) in state.Entries)
        {
            if (key is not string name || value is not PickledTensor view)
            {
                throw new BundleException(Path, $"not a state dict: entry \"{key as string ?? "(not a string)"}\" is not a named tensor");
            }
            var (storage, length) = (view.Storage, _storages[view.Storage.Key].Length);
            if (length != storage.Elements * storage.DType.Size())
            {
                throw new BundleException(Path, $"tensor {name}: its storage has {length} bytes, expected {storage.Elements} of {storage.DType}");
            }
            if (!_tensors.TryAdd(name, new PyTorchTensor(name, view)))
            {
                throw new BundleException(Path, $"tensor {name} is duplicated");
            }
        }
        if (_tensors.Count == 0)
        {
            throw new BundleException(Path, $"no named tensors, neither at the root nor under {string.Join(", ", _stateDicts)}");
        }
    }

    /// <summary>Checks the CRC of a storage that is read in parts; once per storage.</summary>
    private void Verify(string key, StorageBytes storage)
    {
        if (storage.Crc is null || _verified.Contains(key))
        {
            return;
        }
        var (crc, buffer) = (new Crc32(), new byte[(int)Math.Min(storage.Length, 1 << 20)]);
        for (var at = 0L; at < storage.Length; at += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, storage.Length - at));
            _content.Read(storage.Offset + at, part);
            crc.Append(part);
        }
        RequireCrc(key, storage, crc.GetCurrentHashAsUInt32());
    }

    private void RequireCrc(string key, StorageBytes storage, uint crc)
    {
        if (storage.Crc is { } expected && crc != expected)
        {
            throw new BundleException(Path, $"wrong checksum of storage {key}: the file is damaged");
        }
        _verified.Add(key);
    }
}
