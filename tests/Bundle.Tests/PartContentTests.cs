using System.Text.Json.Nodes;

namespace MedMoE.Mesh.Bundle.Tests;

public sealed class PartContentTests : IDisposable
{
    private static readonly BundlePart _ct = BundlePart.Expert("ct");

    private readonly GoldenBundle _one = new(Architecture.Paper);
    private readonly GoldenBundle _other = new(Architecture.Paper);

    public void Dispose()
    {
        _one.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void Of_AnotherVersionNoticeAndOrderOfExperts_IsEqual_UnlikeTheDigest()
    {
        Edit(manifest =>
        {
            manifest["version"] = "2";
            manifest["notice"] = "of another kind";
            manifest["experts"] = new JsonArray([.. manifest["experts"]!.AsArray().Reverse().Select(expert => expert!.DeepClone())]);
        });

        Assert.All(_one.Open().Manifest.Parts, part => Assert.Equal((true, true), Equal(part)));
        Assert.NotEqual(_one.Open().Digest(_ct), _other.Open().Digest(_ct));
    }

    [Fact]
    public void Of_OtherWeights_DiffersInTheirPartAlone_AndTheFormIsEqual()
    {
        _other.Change(_ct, weight => 1.1f * weight);

        Assert.All(_one.Open().Manifest.Parts, part => Assert.Equal((part != _ct, true), Equal(part)));
    }

    [Theory]
    [InlineData("image", "mean", "[0.5, 0.5, 0.5]", false)]
    [InlineData("similarity", "logit_scale", "7", true)]
    public void Of_OtherSettings_Differs(string section, string setting, string value, bool hasEqualForm)
    {
        Edit(manifest =>
        {
            manifest[section] ??= new JsonObject();
            manifest[section]![setting] = JsonNode.Parse(value);
        });

        Assert.All(_one.Open().Manifest.Parts, part => Assert.Equal((false, hasEqualForm), Equal(part)));
    }

    [Fact]
    public void Of_OtherConfigurationOfTheBackbone_DiffersForExperts()
    {
        var config = Path.Combine(_other.Root, "backbone", "config.json");
        File.WriteAllText(config, File.ReadAllText(config) + "\n");

        Assert.Equal((false, false), Equal(_ct));
        Assert.Equal((false, false), Equal(BundlePart.Backbone));
    }

    private (bool Content, bool Form) Equal(BundlePart part) => (
        PartContent.Of(_one.Open(), part) == PartContent.Of(_other.Open(), part),
        PartContent.Form(_one.Open(), part) == PartContent.Form(_other.Open(), part));

    private void Edit(Action<JsonObject> edit)
    {
        var path = Path.Combine(_other.Root, ModelBundle.ManifestFile);
        var manifest = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        edit(manifest);
        File.WriteAllText(path, manifest.ToJsonString());
    }
}
