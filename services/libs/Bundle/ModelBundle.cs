using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

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

    /// <exception cref="BundleException">No such folder, no manifest in it, or a manifest with faults.</exception>
    public static ModelBundle Open(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new BundleException(root, File.Exists(root) ? "is a file, not a bundle folder" : "no such bundle folder");
        }
        return new ModelBundle(root, BundleManifest.Read(Path.Combine(root, ManifestFile)));
    }

    /// <summary>The folder of a part.</summary>
    /// <exception cref="BundleException">The bundle does not have this part.</exception>
    public string FolderOf(BundlePart part)
    {
        var folder = Path.Combine(Root, part.Folder);
        return !Manifest.Parts.Contains(part)
            ? throw new BundleException(
                Path.Combine(Root, ManifestFile), $"the bundle has no part {part}; it has {string.Join(", ", Manifest.Parts)}")
            : Directory.Exists(folder) ? folder
            : throw new BundleException(folder, $"the folder of part {part} is missing");
    }

    /// <summary>The path of a part's file, whether or not the file exists.</summary>
    /// <exception cref="BundleException">The bundle does not have this part.</exception>
    public string PathOf(BundlePart part, string file) => Path.Combine(FolderOf(part), file);

    /// <summary>The settings of an optional part, read strictly: an unknown member is an error.</summary>
    /// <typeparam name="T">What the part's owner reads; its properties are named in snake_case in the manifest.</typeparam>
    /// <exception cref="BundleException">The bundle does not have this part, or its settings are not a <typeparamref name="T"/>.</exception>
    public T SettingsOf<T>(BundlePart part)
    {
        if (Manifest.OptionalParts?.GetValueOrDefault(part.Folder) is not { } entry)
        {
            throw new BundleException(Path.Combine(Root, ManifestFile), $"the bundle has no optional part {part}");
        }
        try
        {
            return (entry.Settings ?? JsonSerializer.SerializeToElement(new { })).Deserialize<T>(BundleManifest.Json)!;
        }
        catch (JsonException e)
        {
            throw new BundleException(Path.Combine(Root, ManifestFile), $"parts.{part}.settings: {JsonFault.Reason(e)}");
        }
    }

    /// <summary>The files of a part that exist, as paths below <see cref="Root"/> with '/'.</summary>
    public IReadOnlyList<string> FilesOf(BundlePart part) =>
        [.. part.Files.Select(file => $"{part.Folder}/{file}").Where(path => File.Exists(Path.Combine(Root, path)))];

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
