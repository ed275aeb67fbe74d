using System.IO.Hashing;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.PyTorch;

/// <summary>
/// A state dict that PyTorch saved, by itself or within a checkpoint of a trainer: <c>pytorch_model.bin</c>, <c>*.ckpt</c>, in the zip form or in the
/// older one. The pickle in it is read as data by a closed list of what it may hold; nothing of it is run. A tensor's bytes are read when it is asked
/// for.
/// </summary>
public sealed class PyTorchFile : ITensorFile
{
    /// <summary>Where trainers put the state dict.</summary>
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
            : throw new BundleException(content.Path, "not a PyTorch checkpoint: neither of the zip form nor of the older one");
        _storages = checkpoint.Storages;
        Collect(StateDict(checkpoint.Root as PickledDict));
    }

    public string Path => _content.Path;

    public IEnumerable<StoredTensor> All => _tensors.Values;

    /// <exception cref="BundleException">Missing, unreadable, damaged, no state dict, or one with more than tensors, ordered dicts and plain
    /// values.</exception>
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
                throw new BundleException(Path, $"no state dict: its entry \"{key as string ?? "of a number"}\" is no tensor by name");
            }
            var (storage, length) = (view.Storage, _storages[view.Storage.Key].Length);
            if (length != storage.Elements * storage.DType.Size())
            {
                throw new BundleException(Path, $"tensor {name}: its storage has {length} bytes, not {storage.Elements} of {storage.DType}");
            }
            if (!_tensors.TryAdd(name, new PyTorchTensor(name, view)))
            {
                throw new BundleException(Path, $"tensor {name} is there twice");
            }
        }
        if (_tensors.Count == 0)
        {
            throw new BundleException(Path, $"holds no tensors by name, neither at its root nor in {string.Join(", ", _stateDicts)}");
        }
    }

    /// <summary>Holds a storage that is read in parts against its check sum, once.</summary>
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
            throw new BundleException(Path, $"check sum of storage {key} is wrong: the file is damaged");
        }
        _verified.Add(key);
    }
}
