using System.Text.RegularExpressions;
using MedMoE.Mesh.Local.Plan;

namespace MedMoE.Mesh.Local.Control;

/// <summary>
/// The folder of a running mesh, for its user only: <c>medmoe-mesh-USER/NAME</c> in XDG_RUNTIME_DIR or the temporary folder. A mesh holds the lock
/// file while it runs; after a crash the lock is free, and the next mesh of the name reuses the folder.
/// </summary>
internal sealed partial class RuntimeFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Longest path of a Unix socket on Linux.</summary>
    private const int LongestSocket = 107;

    private readonly string _folder;
    private readonly FileStream _lock;

    private RuntimeFolder(string folder, FileStream @lock) => (_folder, _lock) = (folder, @lock);

    public EndpointFiles Endpoints => new(_folder);

    public string Socket => Path.Combine(_folder, "control.sock");

    /// <summary>A folder for certificates, which is not made yet.</summary>
    public string Certificates => Path.Combine(_folder, "tls");

    /// <summary>The socket for commands to the mesh of that name.</summary>
    /// <exception cref="LocalMeshException">Invalid name.</exception>
    public static string SocketOf(string name) => Path.Combine(FolderOf(name), "control.sock");

    /// <summary>Creates the folder of a mesh, or reuses that of a crashed one.</summary>
    /// <exception cref="LocalMeshException">A mesh of that name is running, or the name or folder is invalid.</exception>
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
                // The previous mesh removed it just now.
                continue;
            }
            catch (IOException)
            {
                throw new LocalMeshException($"a mesh named {name} is already running; stop it, or give this one another --name");
            }
            if (File.Exists(lockFile))
            {
                var made = new RuntimeFolder(folder, held);
                File.Delete(made.Socket);
                made.Endpoints.Delete();
                if (Directory.Exists(made.Certificates))
                {
                    Directory.Delete(made.Certificates, recursive: true);
                }
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
            // Not empty: another mesh of this user is running.
        }
    }

    /// <summary>Names of the meshes of this user: running, or left by a crash.</summary>
    public static IReadOnlyList<string> Names() => Directory.Exists(Parent)
        ? [.. Directory.EnumerateDirectories(Parent).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)] : [];

    private static string Parent
    {
        get
        {
            var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
            return Path.Combine(Directory.Exists(runtime) ? runtime : Path.GetTempPath(), $"medmoe-mesh-{Environment.UserName}");
        }
    }

    private static string FolderOf(string name)
    {
        if (!MeshName().IsMatch(name))
        {
            throw new LocalMeshException($"name \"{name}\" may have only a-z, 0-9 and '-', at most 32 characters");
        }
        var folder = Path.Combine(Parent, name);
        return Path.Combine(folder, "control.sock").Length <= LongestSocket
            ? folder
            : throw new LocalMeshException($"{folder}: path too long for a socket; set XDG_RUNTIME_DIR to a shorter folder");
    }

    private static void CreatePrivate(string folder)
    {
        Directory.CreateDirectory(folder, OwnerOnly);
        // In a shared temporary folder another user may have created it first.
        if (File.GetUnixFileMode(folder) != OwnerOnly)
        {
            throw new LocalMeshException($"{folder}: other users have access; remove it, or set XDG_RUNTIME_DIR");
        }
    }

    [GeneratedRegex("^[a-z0-9-]{1,32}$")]
    private static partial Regex MeshName();
}
