using System.Text;

namespace MedMoE.Mesh.Local.Keys;

/// <summary>A new file with a key, which only its owner can read. It is written before callers get the key: none has one that was lost.</summary>
internal sealed class NewKeyFile : IDisposable
{
    private readonly string _path;
    private bool _isKept;

    /// <exception cref="IOException">There is a file, which may have a key that nothing else has; or none can be there.</exception>
    public NewKeyFile(string path, string key)
    {
        _path = path;
        if (File.Exists(path))
        {
            throw new IOException($"{path}: is there already; a key in it would be lost");
        }
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(Encoding.ASCII.GetBytes($"{key}\n"));
    }

    /// <summary>The key is in use; otherwise the file is deleted at the end.</summary>
    public void Keep() => _isKept = true;

    public void Dispose()
    {
        if (!_isKept)
        {
            File.Delete(_path);
        }
    }
}
