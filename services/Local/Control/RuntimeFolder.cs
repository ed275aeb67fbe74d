using System.Text.RegularExpressions;
using MedMoE.Mesh.Local.Plan;

namespace MedMoE.Mesh.Local.Control;

/// <summary>
/// Where a running mesh keeps its files, for its user alone: <c>medmoe-mesh-USER/NAME</c> in XDG_RUNTIME_DIR or the temporary folder.
/// Whoever holds the lock in it is that mesh; a killed one loses it, and the next takes the folder over.
/// </summary>
internal sealed partial class RuntimeFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Linux takes no longer name of a socket.</summary>
    private const int LongestSocket = 107;

    private readonly string _folder;
    private readonly FileStream _lock;

    private RuntimeFolder(string folder, FileStream @lock) => (_folder, _lock) = (folder, @lock);

    public string EndpointsFile => Path.Combine(_folder, "endpoints.json");

    public string Socket => Path.Combine(_folder, "control.sock");

    /// <summary>Where a mesh of that name takes commands, if it runs.</summary>
    /// <exception cref="LocalMeshException">No name for a mesh.</exception>
    public static string SocketOf(string name) => Path.Combine(FolderOf(name), "control.sock");

    /// <summary>Makes the folder of a mesh, or takes over a dead one's.</summary>
    /// <exception cref="LocalMeshException">A mesh of that name runs, or there can be none.</exception>
    public static RuntimeFolder Create(string name)
    {
        var folder = FolderOf(name);
        while (true)
        {
            CreatePrivate(Path.GetDirectoryName(folder)!);
            CreatePrivate(folder);
            var lockFile = Path.Combine(folder, "lock");
            FileStream held;
            try
            {
                held = new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (DirectoryNotFoundException)
            {
                // Its last owner removed it just now.
                continue;
            }
            catch (IOException)
            {
                throw new LocalMeshException($"a mesh named {name} runs already; end it, or give this one a --name");
            }
            if (File.Exists(lockFile))
            {
                var made = new RuntimeFolder(folder, held);
                File.Delete(made.Socket);
                File.Delete(made.EndpointsFile);
                return made;
            }
            held.Dispose();
        }
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _lock.Dispose();
        try
        {
            Directory.Delete(Path.GetDirectoryName(_folder)!);
        }
        catch (IOException)
        {
            // Another mesh of this user runs.
        }
    }

    private static string FolderOf(string name)
    {
        if (!MeshName().IsMatch(name))
        {
            throw new LocalMeshException($"name \"{name}\" is not of a-z, 0-9 and '-', 32 at most");
        }
        var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        var parent = Directory.Exists(runtime) ? runtime : Path.GetTempPath();
        var folder = Path.Combine(parent, $"medmoe-mesh-{Environment.UserName}", name);
        return Path.Combine(folder, "control.sock").Length <= LongestSocket
            ? folder
            : throw new LocalMeshException($"{folder}: too long for a socket in it; set XDG_RUNTIME_DIR to a shorter folder");
    }

    private static void CreatePrivate(string folder)
    {
        Directory.CreateDirectory(folder, OwnerOnly);
        // In a temporary folder that all share, another user may have made it first.
        if (File.GetUnixFileMode(folder) != OwnerOnly)
        {
            throw new LocalMeshException($"{folder}: others than its owner may use it; remove it, or set XDG_RUNTIME_DIR");
        }
    }

    [GeneratedRegex("^[a-z0-9-]{1,32}$")]
    private static partial Regex MeshName();
}
