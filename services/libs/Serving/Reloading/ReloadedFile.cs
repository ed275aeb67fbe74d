using System.Security.Cryptography;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Serving.Reloading;

/// <summary>Files whose meaning is replaced while a service runs: see <see cref="FileReloads"/>.</summary>
public interface IReloaded
{
    /// <summary>Reads the files if they have changed.</summary>
    /// <returns>Why the new content cannot be used, told once; null otherwise.</returns>
    string? Reload();
}

/// <summary>The meaning of files. Content that cannot be used is not taken: the last good one stays.</summary>
public sealed class ReloadedFile<T> : IReloaded
    where T : class
{
    /// <summary>Two seconds, or a little less on a busy machine, which reads late and then twice.</summary>
    internal const int ReadsBeforeTold = 4;

    private readonly string[] _paths;
    private readonly Func<T> _read;
    private volatile T _value;
    private string _content;
    private string? _badContent;
    private int _badReads;

    /// <exception cref="InvalidInputException">The files cannot be used now.</exception>
    public ReloadedFile(IEnumerable<string> paths, Func<T> read)
    {
        (_paths, _read) = ([.. paths], read);
        (_content, _value) = (Content(), read());
    }

    public T Value => _value;

    public string? Reload()
    {
        var content = Content();
        if (content == _content)
        {
            _badContent = null;
            return null;
        }
        try
        {
            _value = _read();
        }
        catch (InvalidInputException e)
        {
            // A file is emptied before it is written, and a certificate and its key come one after the other: only what stays wrong is told, once.
            (_badReads, _badContent) = (content == _badContent ? _badReads + 1 : 1, content);
            return _badReads == ReadsBeforeTold ? e.Message : null;
        }
        (_content, _badContent) = (content, null);
        return null;
    }

    /// <summary>Reads the files now, and not when <see cref="FileReloads"/> does; what cannot be used is left to that to tell.</summary>
    /// <returns>Whether the files as they are now are in use.</returns>
    public bool TryReload()
    {
        try
        {
            var content = Content();
            if (content != _content)
            {
                (_value, _content) = (_read(), content);
            }
            return true;
        }
        catch (InvalidInputException)
        {
            return false;
        }
    }

    /// <summary>A digest of the files. A missing one is different from any other, too.</summary>
    private string Content()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in _paths)
        {
            try
            {
                digest.AppendData(SHA256.HashData(File.ReadAllBytes(path)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                digest.AppendData([0]);
            }
        }
        return Convert.ToHexString(digest.GetHashAndReset());
    }
}
