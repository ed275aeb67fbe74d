using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.Reference;

/// <summary>Changes a bundle's files as its owner may.</summary>
public static class ChangedBundle
{
    /// <summary>Gives it another version.</summary>
    public static void SetVersion(this GoldenBundle bundle, string version)
    {
        var path = Path.Combine(bundle.Root, ModelBundle.ManifestFile);
        var manifest = File.ReadAllText(path);
        Replace(path, System.Text.Encoding.UTF8.GetBytes(manifest.Replace(
            $"\"version\": \"{bundle.Open().Manifest.Version}\"", $"\"version\": \"{version}\"", StringComparison.Ordinal)));
    }

    /// <summary>Changes every weight of a part, all in FP32.</summary>
    public static void Change(this GoldenBundle bundle, BundlePart part, Func<float, float> weight)
    {
        var path = WeightsOf(bundle, part);
        var content = File.ReadAllBytes(path);
        // The length of the header in JSON, and the header, come first.
        var values = MemoryMarshal.Cast<byte, float>(content.AsSpan(sizeof(long) + (int)BinaryPrimitives.ReadInt64LittleEndian(content)));
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = weight(values[i]);
        }
        Replace(path, content);
    }

    public static void Truncate(this GoldenBundle bundle, BundlePart part)
    {
        var path = WeightsOf(bundle, part);
        Replace(path, File.ReadAllBytes(path)[..^100]);
    }

    public static string WeightsOf(GoldenBundle bundle, BundlePart part) => bundle.Open().FilesOf(part)
        .Where(file => file.EndsWith(".safetensors", StringComparison.Ordinal)).Select(file => Path.Combine(bundle.Root, file)).Single();

    private static void Replace(string path, byte[] content)
    {
        File.WriteAllBytes(path + ".new", content);
        File.Move(path + ".new", path, overwrite: true);
    }
}
