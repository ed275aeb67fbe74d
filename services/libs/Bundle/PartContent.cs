using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MedMoE.Mesh.Bundle;

/// <summary>
/// Compares parts of two bundles by what services read: unlike <see cref="ModelBundle.Digest"/>, whatever the bundles' names and versions, and the
/// experts that they have besides.
/// </summary>
public static class PartContent
{
    private const string Weights = ".safetensors";

    /// <summary>Equal for parts whose weights can be exchanged while a service runs: sizes, vocabulary, how images are prepared.</summary>
    /// <returns>A digest, 64 lower-case hexadecimal digits.</returns>
    public static string Form(ModelBundle bundle, BundlePart part)
    {
        var manifest = bundle.Manifest;
        // An expert reads the sizes of its levels from the backbone's configuration.
        var files = new[] { part, BundlePart.Backbone }.Distinct().Where(manifest.Parts.Contains).SelectMany(bundle.FilesOf);
        return Digest(
            bundle, new { manifest.Architecture, manifest.EmbeddingDim, manifest.Expert, manifest.Text, manifest.Image },
            files.Where(file => !file.EndsWith(Weights, StringComparison.Ordinal)));
    }

    /// <summary>Equal for parts that give the same answers.</summary>
    /// <returns>A digest, 64 lower-case hexadecimal digits.</returns>
    public static string Of(ModelBundle bundle, BundlePart part)
    {
        var settings = bundle.Manifest.OptionalParts?.GetValueOrDefault(part.Folder)?.Settings;
        return Digest(bundle, new { Form = Form(bundle, part), bundle.Manifest.Similarity, settings }, bundle.FilesOf(part));
    }

    private static string Digest(ModelBundle bundle, object settings, IEnumerable<string> files)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(JsonSerializer.SerializeToUtf8Bytes(settings));
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            using var content = File.OpenRead(Path.Combine(bundle.Root, file));
            digest.AppendData(Encoding.UTF8.GetBytes($"\n{file}\n"));
            digest.AppendData(SHA256.HashData(content));
        }
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }
}
