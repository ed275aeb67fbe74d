using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MedMoE.Mesh.Bundle;

namespace MedMoE.Mesh.ModelServing;

/// <summary>What services read of a bundle when they start, beside the weights: sizes, vocabulary, how images are prepared.</summary>
internal static class BundleForm
{
    private const string Weights = ".safetensors";

    /// <summary>A digest that is equal for parts that can take each other's place.</summary>
    public static string Of(ModelBundle bundle, BundlePart part)
    {
        var manifest = bundle.Manifest;
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(JsonSerializer.SerializeToUtf8Bytes(
            new { manifest.Architecture, manifest.EmbeddingDim, manifest.Expert, manifest.Text, manifest.Image }));
        // An expert reads the sizes of its levels from the backbone's configuration.
        foreach (var file in new[] { part, BundlePart.Backbone }.Distinct().Where(manifest.Parts.Contains).SelectMany(bundle.FilesOf)
            .Where(file => !file.EndsWith(Weights, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            digest.AppendData(Encoding.UTF8.GetBytes($"\n{file}\n"));
            digest.AppendData(SHA256.HashData(File.ReadAllBytes(Path.Combine(bundle.Root, file))));
        }
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }
}
