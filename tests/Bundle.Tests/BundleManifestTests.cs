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
    [InlineData("format_version", "3", "format_version 3; this version reads 1 and 2")]
    [InlineData("parts", """{"heads":{"files":["a.bin"]}}""", "parts need format_version 2")]
    [InlineData("embedding_dim", "0", "embedding_dim 0")]
    [InlineData("embedding_dim", "63", "embedding_dim 63")]
    [InlineData("architecture", "\"swin\"", "architecture")]
    [InlineData("architecture", "0", "architecture")]
    [InlineData("expert", "null", "expert.bottleneck")]
    [InlineData("experts", "[]", "no experts")]
    [InlineData("experts", """[{"name":"../x","report_type":"X"}]""", "\"../x\" is not of a-z")]
    [InlineData("experts", """[{"name":"a","report_type":"A"},{"name":"a","report_type":"A"}]""", "expert a is there 2 times")]
    [InlineData("experts", """[{"name":"a","report_type":"A","dicom_modalities":["CT"]},{"name":"b","report_type":"B","dicom_modalities":["CT"]}]""",
        "CT is claimed 2 times")]
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

    [Theory]
    [InlineData("""{"gate":{"files":["a.bin"]}}""", "part name \"gate\"")]
    [InlineData("""{"experts":{"files":["a.bin"]}}""", "part name \"experts\"")]
    [InlineData("""{"../x":{"files":["a.bin"]}}""", "part name \"../x\"")]
    [InlineData("""{"heads":null}""", "part heads needs files")]
    [InlineData("""{"heads":{"files":[]}}""", "part heads needs files")]
    [InlineData("""{"heads":{"files":[null]}}""", "part heads needs files")]
    [InlineData("""{"heads":{"files":["../a.bin"]}}""", "part heads needs files")]
    [InlineData("""{"heads":{"files":[".."]}}""", "part heads needs files")]
    [InlineData("""{"heads":{"files":["a","a"]}}""", "part heads names a file twice")]
    [InlineData("""{"heads":{"files":["a"],"width":1}}""", "width")]
    public void Read_BadPart_SaysWhich(string parts, string reason)
    {
        var json = JsonNode.Parse(File.ReadAllText(Golden.PathOf("medmoe-nano-paper", "medmoe.json")))!;
        (json["format_version"], json["parts"]) = (2, JsonNode.Parse(parts));
        File.WriteAllText(_folder["medmoe.json"], json.ToJsonString());
        Assert.Contains(reason, Assert.Throws<BundleException>(() => BundleManifest.Read(_folder["medmoe.json"])).Message);
    }

    /// <summary>For any value of any field: either an error of one line that names the file, or a manifest with finite numbers only.</summary>
    [Fact]
    public void Read_AnyValueInAnyField_OneLineOrLegal()
    {
        var golden = File.ReadAllText(Golden.PathOf("medmoe-nano-paper", "medmoe.json"));
        var (refused, path) = (0, _folder["medmoe.json"]);
        foreach (var json in JsonValues.Replaced(golden))
        {
            File.WriteAllText(path, json);
            try
            {
                var manifest = BundleManifest.Read(path);
                float[] numbers =
                [
                    .. manifest.Image.Mean, .. manifest.Image.Std, manifest.Similarity.AttentionTemperature, manifest.Similarity.WordTemperature,
                    manifest.Similarity.LogitScale,
                ];
                Assert.All(numbers, number => Assert.InRange(number, -1e4f, 1e4f));
                Assert.All(manifest.Image.Std, std => Assert.True(std > 0));
                Assert.InRange(manifest.EmbeddingDim, 2, 8192);
                Assert.Equal(3, manifest.Image.Mean.Count);
                Assert.All(manifest.Experts, expert => Assert.NotNull(expert.ReportType));
            }
            catch (BundleException e)
            {
                Assert.StartsWith(path + ": ", e.Message);
                Assert.DoesNotContain('\n', e.Message);
                Assert.InRange(e.Message.Length, 1, path.Length + 1100);
                refused++;
            }
        }
        Assert.InRange(refused, 500, int.MaxValue);
    }

    [Theory]
    [InlineData("image", "std", "[1e400, 1, 1]", "1e400 is out of range")]
    [InlineData("image", "std", "[1e39, 1, 1]", "image.mean and image.std need")]
    [InlineData("image", "std", "[1, 1e-30, 1]", "image.mean and image.std need")]
    [InlineData("image", "std", "[1, 1, -1]", "image.mean and image.std need")]
    [InlineData("image", "mean", "[0, 0, 1e39]", "image.mean and image.std need")]
    [InlineData("similarity", "logit_scale", "1e39", "temperatures")]
    [InlineData("similarity", "attention_temperature", "1e-40", "temperatures")]
    [InlineData("text", "max_tokens", "1000000000", "text.max_tokens 1000000000")]
    [InlineData("expert", "bottleneck", "1000000000", "expert.bottleneck")]
    public void Read_NumberOutOfRange_SaysWhich(string part, string field, string value, string reason)
    {
        var json = JsonNode.Parse(File.ReadAllText(Golden.PathOf("medmoe-nano-paper", "medmoe.json")))!;
        json[part]![field] = "here";
        File.WriteAllText(_folder["medmoe.json"], json.ToJsonString().Replace("\"here\"", value, StringComparison.Ordinal));
        Assert.Contains(reason, Assert.Throws<BundleException>(() => BundleManifest.Read(_folder["medmoe.json"])).Message);
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
