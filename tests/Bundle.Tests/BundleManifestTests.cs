using System.Text.Json.Nodes;

namespace MedMoE.Mesh.Bundle.Tests;

public sealed class BundleManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("medmoe-nano-paper", Architecture.Paper)]
    [InlineData("medmoe-nano-reference", Architecture.Reference)]
    public void Read_Golden_ThenWrite_GivesTheSame(string name, Architecture architecture)
    {
        var manifest = BundleManifest.Read(Golden.PathOf(name, "medmoe.json"));
        Assert.Equal((name + "/1", architecture, 64), (manifest.ModelVersion, manifest.Architecture, manifest.EmbeddingDim));
        Assert.Equal(["xray", "ct", "mri", "ultrasound"], manifest.Experts.Select(e => e.Name));
        Assert.Equal(architecture == Architecture.Paper ? new ExpertSettings(24) : null, manifest.Expert);
        Assert.Equal(new SimilaritySettings(4, 5, 10), manifest.Similarity);

        manifest.Write(_folder["medmoe.json"]);

        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse(File.ReadAllText(Golden.PathOf(name, "medmoe.json"))), JsonNode.Parse(File.ReadAllText(_folder["medmoe.json"]))));
    }

    [Theory]
    [InlineData("format_version", "2", "format_version 2")]
    [InlineData("embedding_dim", "0", "embedding_dim 0")]
    [InlineData("embedding_dim", "63", "embedding_dim 63")]
    [InlineData("architecture", "\"swin\"", "architecture")]
    [InlineData("architecture", "0", "architecture")]
    [InlineData("expert", "null", "expert.bottleneck")]
    [InlineData("experts", "[]", "no experts")]
    [InlineData("experts", """[{"name":"../x","report_type":"X"}]""", "\"../x\" is not of a-z")]
    [InlineData("experts", """[{"name":"a","report_type":"A"},{"name":"a","report_type":"A"}]""", "expert a is there 2 times")]
    [InlineData("experts", """[{"name":"a","report_type":"A","dicom_modalities":["CT"]},{"name":"b","report_type":"B","dicom_modalities":["CT"]}]""", "CT is claimed 2 times")]
    [InlineData("text", """{"max_tokens":2}""", "text.max_tokens 2")]
    [InlineData("similarity", """{"word_temperature":-1}""", "temperatures")]
    [InlineData("image", """{"size":0}""", "image.size 0")]
    [InlineData("image", """{"std":[1,1,0]}""", "std positive")]
    [InlineData("image", """{"resample":"nearest"}""", "nearest")]
    [InlineData("colour", "1", "colour")]
    [InlineData("name", "null", "name")]
    public void Read_BadValue_SaysWhich(string field, string value, string reason)
    {
        var json = JsonNode.Parse(File.ReadAllText(Golden.PathOf("medmoe-nano-paper", "medmoe.json")))!;
        json[field] = JsonNode.Parse(value);
        File.WriteAllText(_folder["medmoe.json"], json.ToJsonString());
        var e = Assert.Throws<BundleException>(() => BundleManifest.Read(_folder["medmoe.json"]));
        Assert.Contains(reason, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Read_SeveralFaults_ListsAll()
    {
        File.WriteAllText(_folder["medmoe.json"], """
            { "format_version": 9, "name": "n", "version": "1", "architecture": "paper", "embedding_dim": 3, "experts": [] }
            """);
        var e = Assert.Throws<BundleException>(() => BundleManifest.Read(_folder["medmoe.json"]));
        Assert.Equal(4, e.Faults.Count);
        Assert.EndsWith("(and 3 more)", e.Message);
    }
}
