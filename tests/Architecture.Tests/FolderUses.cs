namespace MedMoE.Mesh.Architecture.Tests;

/// <summary>Which folders of a project use which: a folder is a namespace.</summary>
internal sealed class FolderUses
{
    private readonly string _root;
    private readonly Dictionary<string, SourceFile[]> _folders;

    // Of each folder those that it uses, and why.
    private readonly Dictionary<string, Dictionary<string, string[]>> _uses = [];

    /// <param name="root">The project's namespace.</param>
    /// <param name="usings">Namespaces that all of its files use.</param>
    /// <param name="files">Its files.</param>
    public FolderUses(string root, IEnumerable<string> usings, IReadOnlyList<SourceFile> files)
    {
        _root = root;
        _folders = files.GroupBy(file => file.Namespace ?? root).ToDictionary(folder => folder.Key, folder => folder.ToArray());
        string[] everywhere = [.. usings, .. files.SelectMany(file => file.Globals)];
        foreach (var (folder, members) in _folders)
        {
            _uses[folder] = _folders.Keys.Where(used => used != folder)
                .Select(used => (used, why: members.Select(file => Use(file, folder, used, everywhere)).OfType<string>().ToArray()))
                .Where(use => use.why.Length > 0)
                .ToDictionary(use => use.used, use => use.why);
        }
    }

    /// <summary>The uses that lead back to where they come from, each as "Output > Processes (StatusTable.cs: ReplicaStatus)".</summary>
    public IEnumerable<string> Circles() =>
        from folder in _uses
        from used in folder.Value
        where Reached(used.Key).Contains(folder.Key)
        select $"{NameOf(folder.Key)} > {NameOf(used.Key)} ({string.Join(", ", used.Value)})";

    private string NameOf(string folder) => folder == _root ? "(root)" : folder[(_root.Length + 1)..];

    private HashSet<string> Reached(string folder)
    {
        var reached = new HashSet<string> { folder };
        var next = new Queue<string>([folder]);
        while (next.TryDequeue(out var current))
        {
            foreach (var used in _uses[current].Keys.Where(reached.Add))
            {
                next.Enqueue(used);
            }
        }
        return reached;
    }

    /// <summary>What of another folder a file uses, behind the file's name; or null.</summary>
    private string? Use(SourceFile file, string folder, string used, string[] everywhere)
    {
        var types = _folders[used].SelectMany(other => other.Types).ToHashSet();
        // An unused directive does not compile. Those of a type name it behind its namespace.
        if (file.Usings.FirstOrDefault(name => name == used || types.Any(type => name == $"{used}.{type}")) is { } use)
        {
            return $"{file.Name}: using {use}";
        }
        foreach (var name in file.Names)
        {
            var parts = name.Split('.');
            for (var at = 1; at < parts.Length; at++)
            {
                if (types.Contains(parts[at]) && $".{used}".EndsWith($".{string.Join('.', parts[..at])}", StringComparison.Ordinal))
                {
                    return $"{file.Name}: {name}";
                }
            }
        }
        // What stands in the namespaces around its own is seen without a directive.
        if (!$"{folder}.".StartsWith($"{used}.", StringComparison.Ordinal) && !everywhere.Contains(used))
        {
            return null;
        }
        var seen = file.Names.Select(name => name.Split('.')[0]).FirstOrDefault(types.Contains)
            ?? _folders[used].SelectMany(other => other.Extensions).FirstOrDefault(file.Calls.Contains);
        return seen is null ? null : $"{file.Name}: {seen}";
    }
}
