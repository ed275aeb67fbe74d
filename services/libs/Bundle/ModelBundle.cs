using System.Security.Cryptography;
using System.Text;

namespace MedMoE.Mesh.Bundle;

/// <summary>A bundle's folder with its manifest read and checked. Parts are read by those who need them, from <see cref="PathOf"/>.</summary>
public sealed class ModelBundle
{
    public const string ManifestFile = "medmoe.json";

    private ModelBundle(string root, BundleManifest manifest)
    {
        Root = root;
        Manifest = manifest;
    }

    public string Root { get; }

    public BundleManifest Manifest { get; }

    /// <summary>Every part the manifest names: backbone, text, gate, then the experts in the gate's order.</summary>
    public IEnumerable<BundlePart> Parts =>
        [BundlePart.Backbone, BundlePart.Text, BundlePart.Gate, .. Manifest.Experts.Select(e => BundlePart.Expert(e.Name))];

    /// <exception cref="BundleException">No such folder, no manifest in it, or a manifest with faults.</exception>
    public static ModelBundle Open(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new BundleException(root, "no such bundle folder");
        }
        return new ModelBundle(root, BundleManifest.Read(Path.Combine(root, ManifestFile)));
    }

    /// <summary>The path of a part's file, whether or not it exists.</summary>
    public string PathOf(BundlePart part, string file) => Path.Combine(Root, part.Folder, file);

    /// <summary>The files of a part that are there, as paths below <see cref="Root"/> with '/'.</summary>
    public IReadOnlyList<string> FilesOf(BundlePart part) => [.. part.Files.Where(f => File.Exists(Path.Combine(Root, f)))];

    /// <summary>
    /// SHA-256 over what a service read: the manifest and the files of its parts. It is the digest of the lines that coreutils'
    /// <c>sha256sum</c> prints for these files in ordinal order of their paths, so <c>sha256sum FILES | sha256sum</c> checks it.
    /// </summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public string Digest(params IEnumerable<BundlePart> parts)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in parts.SelectMany(FilesOf).Append(ManifestFile).Order(StringComparer.Ordinal))
        {
            using var content = File.OpenRead(Path.Combine(Root, file));
            all.AppendData(Encoding.UTF8.GetBytes($"{Convert.ToHexStringLower(SHA256.HashData(content))}  {file}\n"));
        }
        return Convert.ToHexStringLower(all.GetHashAndReset());
    }
}
