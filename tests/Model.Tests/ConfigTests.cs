using System.Text.Json.Nodes;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Swin;

namespace MedMoE.Mesh.Model.Tests;

/// <summary>Configurations of other projects.</summary>
public sealed class ConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Swin_AnyValueInAnyField_OneLineOrLegal() => AssertOneLineOrLegal(Golden.PathOf("swin-nano", "config.json"), path =>
    {
        var config = SwinConfig.Read(path);
        Assert.InRange(config.LayerNormEpsilon, 1e-15, 1);
        Assert.InRange(config.MlpRatio, 0.1, 16);
        Assert.InRange(config.Parameters, 1, long.MaxValue);
        Assert.All(config.Depths.Concat(config.Heads).Append(config.ImageSize).Append(config.Window), number => Assert.InRange(number, 1, 4096));
    });

    [Fact]
    public void Bert_AnyValueInAnyField_OneLineOrLegal() => AssertOneLineOrLegal(Golden.PathOf("bert-nano", "config.json"), path =>
    {
        var config = BertConfig.Read(path);
        Assert.InRange(config.LayerNormEpsilon, 1e-15, 1);
        Assert.InRange(config.Parameters, 1, long.MaxValue);
    });

    [Theory]
    [InlineData("is_decoder", "true", "is_decoder is true")]
    [InlineData("add_cross_attention", "true", "add_cross_attention is true")]
    [InlineData("pruned_heads", """{"0": [1]}""", "pruned_heads is {\"0\":[1]}")]
    [InlineData("position_embedding_type", "\"relative_key\"", "only absolute is supported")]
    [InlineData("hidden_act", "\"gelu_new\"", "only gelu is supported")]
    [InlineData("layer_norm_eps", "0", "layer_norm_eps is 0")]
    public void Bert_SettingThatChangesTheAnswer_IsRefused(string name, string value, string reason) =>
        Assert.Contains(reason, Refusal(Golden.PathOf("bert-nano", "config.json"), name, value, path => BertConfig.Read(path)));

    [Theory]
    [InlineData("use_absolute_embeddings", "true", "use_absolute_embeddings is true")]
    [InlineData("hidden_act", "\"relu\"", "only gelu is supported")]
    [InlineData("model_type", "\"swinv2\"", "only swin is supported")]
    [InlineData("layer_norm_eps", "0", "layer_norm_eps is 0")]
    [InlineData("mlp_ratio", "0", "mlp_ratio is 0")]
    public void Swin_SettingThatChangesTheAnswer_IsRefused(string name, string value, string reason) =>
        Assert.Contains(reason, Refusal(Golden.PathOf("swin-nano", "config.json"), name, value, path => SwinConfig.Read(path)));

    [Fact]
    public void LoadBert_ConfigOfANetworkFarLargerThanItsFile_IsNotBegun()
    {
        using var bundle = new GoldenBundle(Architecture.Paper);
        var path = Path.Combine(bundle.Root, "text", "config.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        json["num_hidden_layers"] = 128;
        json["intermediate_size"] = 65536;
        File.WriteAllText(path, json.ToJsonString());
        var e = Assert.Throws<BundleException>(() => Weights.BundleNetworks.LoadBert(bundle.Open()));
        Assert.Contains("its config.json describes a network of 1075", e.Message);
    }

    private void AssertOneLineOrLegal(string golden, Action<string> read)
    {
        var (refused, path) = (0, _folder["config.json"]);
        foreach (var json in JsonValues.Replaced(File.ReadAllText(golden)))
        {
            File.WriteAllText(path, json);
            try
            {
                read(path);
            }
            catch (BundleException e)
            {
                Assert.StartsWith(path + ": ", e.Message);
                Assert.DoesNotContain('\n', e.Message);
                Assert.InRange(e.Message.Length, 1, path.Length + 1100);
                refused++;
            }
        }
        Assert.InRange(refused, 200, int.MaxValue);
    }

    private string Refusal(string golden, string name, string value, Action<string> read)
    {
        var json = JsonNode.Parse(File.ReadAllText(golden))!;
        json[name] = JsonNode.Parse(value);
        File.WriteAllText(_folder["config.json"], json.ToJsonString());
        return Assert.Throws<BundleException>(() => read(_folder["config.json"])).Message;
    }
}
