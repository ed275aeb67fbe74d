using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Reference;

/// <summary>Weights computed from their names, so that references need no large files (tests/golden/README.md).</summary>
public static class Formula
{
    private const ulong Seed = 19;

    /// <summary>Fills a network's parameters and buffers.</summary>
    /// <param name="network">The network.</param>
    /// <param name="hashed">Maps a name in its state dict to the one that is hashed.</param>
    public static void Fill(nn.Module network, Func<string, string>? hashed = null)
    {
        using var noGrad = no_grad();
        foreach (var (name, tensor) in network.state_dict().Where(e => !e.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)))
        {
            MemoryMarshal.AsBytes<float>(Parameter(hashed?.Invoke(name) ?? name, tensor.shape)).CopyTo(tensor.bytes);
        }
    }

    /// <summary>An input tensor: uniform in [-1, 1).</summary>
    public static float[] Input(string name, params long[] shape) => Values(name, shape, u => u);

    /// <summary>A parameter or buffer by its hashed name.</summary>
    public static float[] Parameter(string name, params long[] shape)
    {
        var last = name[(name.LastIndexOf('.') + 1)..];
        if (last == "weight" && name.Contains("norm", StringComparison.OrdinalIgnoreCase))
        {
            return Values(name, shape, u => 1 + (0.1f * u));
        }
        if (last is "bias" or "running_mean")
        {
            return Values(name, shape, u => 0.1f * u);
        }
        if (last == "running_var")
        {
            return Values(name, shape, u => 1 + (0.5f * u));
        }
        if (last == "relative_position_bias_table" || (shape.Length == 2 && name.Contains("embeddings.", StringComparison.Ordinal)))
        {
            return Values(name, shape, u => 0.5f * u);
        }
        var fanIn = shape.Skip(1).Aggregate(1L, (product, d) => product * d);
        var bound = (float)Math.Sqrt(3.0 / fanIn);
        return Values(name, shape, u => bound * u);
    }

    private static float[] Values(string name, long[] shape, Func<float, float> value)
    {
        var start = Fnv1a64(name) + unchecked(Seed * 0x5851F42D4C957F2D);
        var values = new float[shape.Aggregate(1L, (product, d) => product * d)];
        for (var i = 0; i < values.Length; i++)
        {
            var z = unchecked(start + ((ulong)(i + 1) * 0x9E3779B97F4A7C15));
            z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
            z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
            z ^= z >> 31;
            values[i] = value((2 * ((z >> 40) / 16777216f)) - 1);
        }
        return values;
    }

    private static ulong Fnv1a64(string name)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var b in Encoding.UTF8.GetBytes(name))
        {
            hash = unchecked((hash ^ b) * 0x100000001b3);
        }
        return hash;
    }
}
