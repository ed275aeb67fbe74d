using System.Buffers.Binary;
using MedMoE.Mesh.Bundle.PyTorch;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Bundle.Tensors;

namespace MedMoE.Mesh.Bundle.Checkpoints;

public static class TensorFile
{
    /// <param name="path">A safetensors file, a PyTorch checkpoint, or an index of shards (<c>*.index.json</c>).</param>
    /// <exception cref="BundleException">Missing, unreadable, or none of these.</exception>
    public static ITensorFile Open(string path)
    {
        if (path.EndsWith(".index.json", StringComparison.Ordinal))
        {
            return ShardedTensors.Open(path);
        }
        using (var content = FileContent.Open(path))
        {
            var start = content.Read(0, (int)Math.Min(content.Length, 9));
            var safetensors = path.EndsWith(".safetensors", StringComparison.Ordinal)
                || (start is [.., (byte)'{'] && BinaryPrimitives.TryReadUInt64LittleEndian(start, out var header)
                    && header <= SafetensorsFile.MaxHeaderLength);
            if (!safetensors)
            {
                return PyTorchFile.Open(path);
            }
        }
        return SafetensorsFile.Open(path);
    }
}
