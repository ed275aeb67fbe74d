using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.Safetensors;

/// <summary>A tensor to write. The writer calls <paramref name="Write"/> once, in file order, for the bytes (little-endian, row-major).</summary>
public sealed record TensorSource(string Name, SafetensorsDType DType, long[] Shape, Action<Stream> Write);

public static class SafetensorsWriter
{
    /// <summary>
    /// Writes a safetensors file: widest types first, then by name, so that tensors are aligned and equal content gives equal bytes. It is written
    /// beside the path and then moved there, so that it is never seen incomplete.
    /// </summary>
    /// <exception cref="IOException">The disk is full or not writable; an existing file at <paramref name="path"/> is unchanged.</exception>
    public static void Write(string path, IEnumerable<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        TensorSource[] ordered = [.. tensors.OrderByDescending(t => t.DType.Size()).ThenBy(t => t.Name, StringComparer.Ordinal)];
        var unfinished = path + ".unfinished";
        try
        {
            using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 20))
            {
                file.Write(Header(ordered, metadata));
                foreach (var tensor in ordered)
                {
                    var start = file.Position;
                    tensor.Write(file);
                    if (file.Position - start != ByteLength(tensor))
                    {
                        throw new InvalidOperationException($"{tensor.Name}: wrote {file.Position - start} bytes of {ByteLength(tensor)}");
                    }
                }
                file.Flush(flushToDisk: true);
            }
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private static byte[] Header(TensorSource[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var entries = new Dictionary<string, object> { ["__metadata__"] = metadata ?? new Dictionary<string, string> { ["format"] = "pt" } };
        var offset = 0L;
        foreach (var tensor in tensors)
        {
            var end = offset + ByteLength(tensor);
            entries.Add(tensor.Name, new { dtype = tensor.DType.ToString(), shape = tensor.Shape, data_offsets = new[] { offset, end } });
            offset = end;
        }
        var json = JsonSerializer.Serialize(entries);
        var padded = Encoding.UTF8.GetByteCount(json) + 7 & ~7;
        var header = new byte[8 + padded];
        BinaryPrimitives.WriteInt64LittleEndian(header, padded);
        var written = Encoding.UTF8.GetBytes(json, header.AsSpan(8));
        header.AsSpan(8 + written).Fill((byte)' ');
        return header;
    }

    private static long ByteLength(TensorSource tensor) => tensor.Shape.Aggregate((long)tensor.DType.Size(), (size, d) => checked(size * d));
}
