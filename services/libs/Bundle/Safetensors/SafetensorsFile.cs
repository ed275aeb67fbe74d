using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.Safetensors;

/// <summary>
/// A safetensors file opened for reading. Only the header is read at first; a tensor's bytes are read directly into the destination memory.
/// Format: 8 bytes little-endian header length, JSON header, data (github.com/huggingface/safetensors).
/// </summary>
public sealed class SafetensorsFile : ITensorFile
{
    /// <summary>Largest header accepted, in bytes; the limit of the format's own library.</summary>
    public const long MaxHeaderLength = 100_000_000;

    private const int PrefixLength = 8;

    private readonly FileContent _content;
    private readonly long _dataStart;

    private SafetensorsFile(FileContent content, SafetensorsHeader header, long dataStart)
    {
        _content = content;
        _dataStart = dataStart;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
    }

    public string Path => _content.Path;

    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors { get; }

    IEnumerable<StoredTensor> ITensorFile.All => Tensors.Values;

    /// <summary>The header's <c>__metadata__</c>; empty if absent.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="BundleException">Missing, unreadable, or not a well-formed safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        var content = FileContent.Open(path);
        try
        {
            if (content.Length < PrefixLength)
            {
                throw new BundleException(path, $"not a safetensors file: {content.Length} bytes, too short for a header");
            }
            var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(content.Read(0, PrefixLength));
            if (headerLength > MaxHeaderLength)
            {
                throw new BundleException(path, $"not a safetensors file: header of {headerLength} bytes, over the limit of {MaxHeaderLength}");
            }
            var dataStart = PrefixLength + (long)headerLength;
            if (dataStart > content.Length)
            {
                throw new BundleException(path, $"truncated: header of {headerLength} bytes in a file of {content.Length}");
            }
            var json = content.Read(PrefixLength, (int)headerLength);
            return new SafetensorsFile(content, SafetensorsHeader.Parse(path, json, content.Length - dataStart), dataStart);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>Reads a tensor's bytes (little-endian, row-major); <paramref name="destination"/> must have exactly its length.</summary>
    public void Read(SafetensorsTensor tensor, Span<byte> destination)
    {
        if (destination.Length != tensor.Length)
        {
            throw new ArgumentException($"{tensor.Name} has {tensor.Length} bytes, the destination {destination.Length}", nameof(destination));
        }
        _content.Read(_dataStart + tensor.Offset, destination);
    }

    void ITensorFile.Read(StoredTensor tensor, Span<byte> destination) => Read((SafetensorsTensor)tensor, destination);

    /// <summary>The values of an F16, BF16, F32 or F64 tensor as float32.</summary>
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

    public void Dispose() => _content.Dispose();
}
