using System.Diagnostics;

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
        var before = bundle.Parts.ToDictionary(p => p.Folder, p => bundle.Digest(p));

        File.AppendAllText(bundle.PathOf(BundlePart.Text, "vocab.txt"), "x");

        Assert.Equal(["text"], bundle.Parts.Where(p => bundle.Digest(p) != before[p.Folder]).Select(p => p.Folder));
    }

    [Fact]
    public void Open_NoFolderOrManifest_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no such bundle folder", Assert.Throws<BundleException>(() => ModelBundle.Open(folder["none"])).Message);
        Assert.Contains("medmoe.json: no such file", Assert.Throws<BundleException>(() => ModelBundle.Open(folder.Path)).Message);
    }
}
