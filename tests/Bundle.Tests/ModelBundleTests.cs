using System.Diagnostics;
using System.Text.Json.Nodes;

namespace MedMoE.Mesh.Bundle.Tests;

public sealed class ModelBundleTests
{
    [Fact]
    public void Digest_Part_IsWhatSha256sumSays()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var bundle = files.Open();
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", "sha256sum experts/ct/model.safetensors medmoe.json | sha256sum"])
        {
            WorkingDirectory = files.Root,
            RedirectStandardOutput = true,
        })!;
        var expected = shell.StandardOutput.ReadToEnd().Split(' ')[0];

        Assert.Equal(expected, bundle.Digest(BundlePart.Expert("ct")));
    }

    [Fact]
    public void Digest_PartChanges_AloneChanges()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var bundle = files.Open();
        var before = bundle.Manifest.Parts.ToDictionary(p => p.Folder, p => bundle.Digest(p));

        File.AppendAllText(bundle.PathOf(BundlePart.Text, "vocab.txt"), "x");

        Assert.Equal(["text"], bundle.Manifest.Parts.Where(p => bundle.Digest(p) != before[p.Folder]).Select(p => p.Folder));
    }

    [Fact]
    public void OptionalPart_IsReadByItsOwner()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var before = files.Open().Digest(BundlePart.Gate);
        AddHeads(files.Root, """{"width":12}""");
        var bundle = files.Open();
        var heads = Assert.Single(bundle.Manifest.Parts, part => part == new BundlePart("heads", []));

        Assert.Equal(["heads/model.safetensors"], bundle.FilesOf(heads));
        Assert.Equal(new HeadSettings(12), bundle.SettingsOf<HeadSettings>(heads));
        var digest = bundle.Digest(heads);
        File.AppendAllText(bundle.PathOf(heads, "model.safetensors"), "x");
        Assert.NotEqual(digest, bundle.Digest(heads));
        // The manifest names it, and belongs to every digest.
        Assert.NotEqual(before, bundle.Digest(BundlePart.Gate));
    }

    [Theory]
    [InlineData("""{"width":"wide"}""")]
    [InlineData("""{"width":1,"height":1}""")]
    [InlineData("""{}""")]
    public void SettingsOf_NotThePartsOwn_SaysWhich(string settings)
    {
        using var files = new GoldenBundle(Architecture.Paper);
        AddHeads(files.Root, settings);
        var e = Assert.Throws<BundleException>(() => files.Open().SettingsOf<HeadSettings>(new BundlePart("heads", [])));
        Assert.Contains("medmoe.json: parts.heads.settings: ", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Part_NotInTheBundleOrWithoutItsFolder_IsOneLine()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        var bundle = files.Open();
        var unknown = Assert.Throws<BundleException>(() => bundle.PathOf(new BundlePart("heads", ["a"]), "a"));
        Assert.EndsWith(
            "the bundle has no part heads; it has backbone, text, gate, experts/xray, experts/ct, experts/mri, experts/ultrasound", unknown.Message);

        // A part of the model has its settings in the manifest itself.
        Assert.EndsWith(
            "no optional part gate", Assert.Throws<BundleException>(() => bundle.SettingsOf<HeadSettings>(BundlePart.Gate)).Message);

        Directory.Delete(Path.Combine(files.Root, "text"), recursive: true);
        var missing = Assert.Throws<BundleException>(() => bundle.PathOf(BundlePart.Text, "vocab.txt"));
        Assert.Equal($"{Path.Combine(files.Root, "text")}: the folder of part text is missing", missing.Message);
    }

    [Fact]
    public void Open_NoFolderOrManifest_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no such bundle folder", Assert.Throws<BundleException>(() => ModelBundle.Open(folder["none"])).Message);
        Assert.Contains("medmoe.json: no such file", Assert.Throws<BundleException>(() => ModelBundle.Open(folder.Path)).Message);
    }

    private static void AddHeads(string root, string settings)
    {
        var manifest = Path.Combine(root, ModelBundle.ManifestFile);
        var json = JsonNode.Parse(File.ReadAllText(manifest))!;
        json["format_version"] = 2;
        json["parts"] = JsonNode.Parse("""{"heads":{"files":["model.safetensors"]}}""");
        json["parts"]!["heads"]!["settings"] = JsonNode.Parse(settings);
        File.WriteAllText(manifest, json.ToJsonString());
        Directory.CreateDirectory(Path.Combine(root, "heads"));
        File.WriteAllText(Path.Combine(root, "heads", "model.safetensors"), "weights");
    }

    private sealed record HeadSettings(int Width);
}
