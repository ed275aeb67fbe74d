namespace MedMoE.Mesh.Bundle.Tensors;

/// <summary>Some of a file's tensors under other names, and a memory of which of them were read. The file stays its owner's.</summary>
/// <param name="file">The file.</param>
/// <param name="selected">Its tensors by the names they are to have.</param>
public sealed class SelectedTensors(ITensorFile file, IReadOnlyDictionary<string, StoredTensor> selected) : ITensorFile
{
    private readonly HashSet<string> _read = [];

    public string Path => file.Path;

    public IEnumerable<StoredTensor> All => selected.Select(entry => entry.Value with { Name = entry.Key });

    /// <summary>Those that nobody has read, by their names in the file.</summary>
    public IEnumerable<string> Unread => selected.Keys.Where(name => !_read.Contains(name)).Select(NameInFile);

    /// <summary>The name that a tensor has in the file itself, however often it was renamed.</summary>
    public string NameInFile(string name) => file is SelectedTensors inner ? inner.NameInFile(selected[name].Name) : selected[name].Name;

    /// <summary>The tensors whose names begin with a prefix, without it.</summary>
    public static SelectedTensors Behind(string prefix, ITensorFile file) => Where(file, name =>
        name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null);

    /// <param name="file">The file.</param>
    /// <param name="rename">From a name to the one it is to have; null for what is not selected. Different names stay different.</param>
    public static SelectedTensors Where(ITensorFile file, Func<string, string?> rename) => new(file, file.All
        .Select(tensor => (Name: rename(tensor.Name), Tensor: tensor)).Where(entry => entry.Name is not null)
        .ToDictionary(entry => entry.Name!, entry => entry.Tensor, StringComparer.Ordinal));

    public void Read(StoredTensor tensor, Span<byte> destination)
    {
        _read.Add(tensor.Name);
        file.Read(selected[tensor.Name], destination);
    }

    public void Dispose()
    {
    }
}
