using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MedMoE.Mesh.Bundle.Safetensors;

/// <summary>
/// A safetensors file opened for reading. Only the header is read at first; a tensor's bytes go straight from the file into the
/// memory that is to hold them. Format: 8 bytes little-endian header length, JSON header, data (github.com/huggingface/safetensors).
/// </summary>
/// <remarks>Streamed rather than memory-mapped: a mapped file that shrinks under the process would end it with SIGBUS.</remarks>
public sealed class SafetensorsFile : IDisposable
{
    /// <summary>Largest header that is read, in bytes; the limit of the format's own library.</summary>
    public const long MaxHeaderLength = 100_000_000;

    private readonly SafeFileHandle _file;
    private readonly long _dataStart;

    private SafetensorsFile(string path, SafeFileHandle file, SafetensorsHeader header, long dataStart)
    {
        Path = path;
        _file = file;
        _dataStart = dataStart;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
    }

    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors { get; }

    /// <summary>The header's <c>__metadata__</c>; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="BundleException">The file is missing, unreadable, or not a well-formed safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path, options: FileOptions.RandomAccess);
            var fileLength = RandomAccess.GetLength(file);
            Span<byte> prefix = stackalloc byte[8];
            if (fileLength < prefix.Length)
            {
                throw new BundleException(path, $"not a safetensors file: {fileLength} bytes, too short for a header");
            }
            ReadExactly(file, path, prefix, 0);
            var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (headerLength > MaxHeaderLength)
            {
                throw new BundleException(path, $"not a safetensors file: header of {headerLength} bytes, over the limit of {MaxHeaderLength}");
            }
            var dataStart = prefix.Length + (long)headerLength;
            if (dataStart > fileLength)
            {
                throw new BundleException(path, $"truncated: header of {headerLength} bytes in a file of {fileLength}");
            }
            var json = new byte[headerLength];
            ReadExactly(file, path, json, prefix.Length);
            return new SafetensorsFile(path, file, SafetensorsHeader.Parse(path, json, fileLength - dataStart), dataStart);
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new BundleException(path, FileReason(e));
            }
            throw;
        }
    }

    /// <summary>Reads a tensor's bytes (little-endian, row-major) into <paramref name="destination"/>, which must be exactly as long.</summary>
    public void Read(SafetensorsTensor tensor, Span<byte> destination)
    {
        if (destination.Length != tensor.Length)
        {
            throw new ArgumentException($"{tensor.Name} has {tensor.Length} bytes, the destination {destination.Length}", nameof(destination));
        }
        ReadExactly(_file, Path, destination, _dataStart + tensor.Offset);
    }

    /// <summary>A float tensor's values as float32, whatever of F16, BF16, F32 and F64 the file holds.</summary>
    public float[] ReadSingles(SafetensorsTensor tensor)
    {
        var bytes = new byte[tensor.Length];
        Read(tensor, bytes);
        return tensor.DType switch
        {
            SafetensorsDType.F32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            SafetensorsDType.F16 => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), half => (float)half),
            SafetensorsDType.F64 => Array.ConvertAll(MemoryMarshal.Cast<byte, double>(bytes).ToArray(), value => (float)value),
            // bfloat16 is the upper half of a float32.
            SafetensorsDType.BF16 => Array.ConvertAll(
                MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)),
            _ => throw new BundleException(Path, $"{tensor.Name} is {tensor.DType}, not a float type"),
        };
    }

    public void Dispose() => _file.Dispose();

    internal static string FileReason(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file",
        UnauthorizedAccessException => "no permission to read it, or a folder",
        _ => e.Message,
    };

    private static void ReadExactly(SafeFileHandle file, string path, Span<byte> destination, long offset)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(file, destination, offset);
            if (read == 0)
            {
                throw new BundleException(path, $"truncated: ends at byte {offset}");
            }
            destination = destination[read..];
            offset += read;
        }
    }
}
