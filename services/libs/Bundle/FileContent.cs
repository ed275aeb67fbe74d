using Microsoft.Win32.SafeHandles;

namespace MedMoE.Mesh.Bundle;

/// <summary>A file opened for random access.</summary>
/// <remarks>Not memory-mapped: when a mapped file shrinks, the process is killed with SIGBUS.</remarks>
internal sealed class FileContent : IDisposable
{
    private readonly SafeFileHandle _file;

    private FileContent(string path, SafeFileHandle file, long length)
    {
        Path = path;
        _file = file;
        Length = length;
    }

    public string Path { get; }

    /// <summary>File size in bytes at the time it was opened.</summary>
    public long Length { get; }

    /// <exception cref="BundleException">Missing or unreadable, or a Git LFS pointer.</exception>
    public static FileContent Open(string path)
    {
        FileContent content;
        try
        {
            var file = File.OpenHandle(path, options: FileOptions.RandomAccess);
            content = new FileContent(path, file, RandomAccess.GetLength(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException(path, Reason(e));
        }
        if (GitLfs.IsPointer(content.Read(0, (int)Math.Min(content.Length, GitLfs.StartLength))))
        {
            content.Dispose();
            throw new BundleException(path, GitLfs.Fault);
        }
        return content;
    }

    /// <exception cref="BundleException">The file is shorter, or cannot be read.</exception>
    public byte[] Read(long offset, int count)
    {
        if (count > Length - offset)
        {
            throw new BundleException(Path, $"truncated: {Length} bytes, expected at least {offset + count}");
        }
        var bytes = new byte[count];
        Read(offset, bytes);
        return bytes;
    }

    /// <inheritdoc cref="Read(long, int)"/>
    public void Read(long offset, Span<byte> destination)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                var read = RandomAccess.Read(_file, destination, offset);
                if (read == 0)
                {
                    throw new BundleException(Path, $"truncated: ends at byte {offset}");
                }
                destination = destination[read..];
                offset += read;
            }
        }
        catch (IOException e)
        {
            throw new BundleException(Path, Reason(e));
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The reason why a file cannot be read, as one line.</summary>
    internal static string Reason(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file",
        UnauthorizedAccessException => "no permission to read it, or a folder",
        _ => e.Message,
    };
}
