namespace MedMoE.Mesh.Bundle.Tensors;

/// <summary>
/// A selection of a file's tensors under new names (the keys of <paramref name="selected"/>), which records the tensors read. Does not own the file.
/// </summary>
public sealed class SelectedTensors(ITensorFile file, IReadOnlyDictionary<string, StoredTensor> selected) : ITensorFile
{
    private readonly HashSet<string> _read = [];

    public string Path => file.Path;

    public IEnumerable<StoredTensor> All => selected.Select(entry => entry.Value with { Name = entry.Key });

    /// <summary>The tensors not read so far, by their names in the file.</summary>
    public IEnumerable<string> Unread => selected.Keys.Where(name => !_read.Contains(name)).Select(NameInFile);

    /// <summary>The tensor's name in the file itself, through nested selections.</summary>
    public string NameInFile(string name) => file is SelectedTensors inner ? inner.NameInFile(selected[name].Name) : selected[name].Name;

    /// <summary>The tensors whose names start with the prefix, which is removed.</summary>
    public static SelectedTensors Behind(string prefix, ITensorFile file) => Where(file, name =>
        name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null);

    /// <summary>Renames tensors; those with the new name null are left out. The new names must be distinct.</summary>
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
