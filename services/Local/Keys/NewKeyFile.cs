using System.Text;

namespace MedMoE.Mesh.Local.Keys;

/// <summary>A new file for a key, which only its owner can read. It is there before the key: no key is made that cannot be written.</summary>
internal sealed class NewKeyFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private bool _isKept;

    /// <exception cref="IOException">There is a file, which may have a key that nothing else has; or none can be there.</exception>
    public NewKeyFile(string path)
    {
        _path = path;
        if (File.Exists(path))
        {
            throw new IOException($"{path}: is there already; a key in it would be lost");
        }
        _file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    /// <summary>Writes the key. A file without one is deleted at the end.</summary>
    public void Keep(string key)
    {
        _file.Write(Encoding.ASCII.GetBytes($"{key}\n"));
        _isKept = true;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_isKept)
        {
            File.Delete(_path);
        }
    }
}
