using System.Diagnostics;
using System.Runtime.InteropServices;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.Reference.PyTorch;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Text;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Trainer.Tests.Bundles;

/// <summary>Bio_ClinicalBERT in its own shape: 108 M parameters in <c>pytorch_model.bin</c>, a vocabulary of 28,996 pieces.</summary>
public sealed class FullSizeImportTests : IDisposable
{
    private const string Config = """
        { "model_type": "bert", "vocab_size": 28996, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
          "intermediate_size": 3072, "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu" }
        """;

    private static readonly string[] _report = ["No evidence of pneumothorax."];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Import_BioClinicalBertsShape_EmbedsAsSafetensorsDo()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        MakeFolders();
        using (var network = new BertEncoder(BertConfig.Read(_folder["bert", "config.json"])))
        {
            Fill(network);
            CheckpointWriter.Write(
                _folder["bert", "pytorch_model.bin"], [.. network.state_dict().Select(e => SavedTensor.Of("bert." + e.Key, e.Value))]);
            StateDict.Save(network, _folder["same.safetensors"]);
        }
        Assert.InRange(new FileInfo(_folder["bert", "pytorch_model.bin"]).Length, 430_000_000, 440_000_000);

        var watch = Stopwatch.StartNew();
        var result = await Tool.Bundle(
            "import", "--swin", _folder["swin"], "--bert", _folder["bert"], "--experts", "ct",
            "--architecture", "reference", "--out", _folder["out"]);
        watch.Stop();

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        TestContext.Current.TestOutputHelper?.WriteLine($"imported in {watch.Elapsed.TotalSeconds:F1} s");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        var imported = Sentence(_folder["out", "text", "model.safetensors"]);
        Assert.Equal(Sentence(_folder["same.safetensors"]), imported);
        Assert.True(Math.Abs(imported[0]) > 1e-3 && imported.Distinct().Count() > 700);
    }

    private void MakeFolders()
    {
        Directory.CreateDirectory(_folder["bert"]);
        Directory.CreateDirectory(_folder["swin"]);
        File.WriteAllText(_folder["bert", "config.json"], Config);
        var golden = File.ReadAllLines(Golden.PathOf("bert-nano", "vocab.txt"));
        File.WriteAllLines(_folder["bert", "vocab.txt"], golden.Concat(Enumerable.Range(0, 28996 - golden.Length).Select(i => $"w{i}")));
        File.Copy(Golden.PathOf("swin-nano", "config.json"), _folder["swin", "config.json"]);
        using var swin = new SwinTransformer(SwinConfig.Read(_folder["swin", "config.json"]));
        Formula.Fill(swin);
        StateDict.Save(swin, _folder["swin", "model.safetensors"]);
    }

    /// <summary>Seeded numbers in the range of BERT's, from a repeated table; each tensor starts at another offset.</summary>
    private static void Fill(nn.Module network)
    {
        var random = new Random(5);
        float[] table = [.. Enumerable.Range(0, 65537).Select(_ => (float)((random.NextDouble() - 0.5) * 0.1))];
        foreach (var (name, tensor) in network.state_dict())
        {
            var values = MemoryMarshal.Cast<byte, float>(tensor.bytes);
            for (int i = 0, at = random.Next(table.Length); i < values.Length; i++, at = at + 1 == table.Length ? 0 : at + 1)
            {
                values[i] = table[at] + (name.EndsWith("LayerNorm.weight", StringComparison.Ordinal) ? 1 : 0);
            }
        }
    }

    private float[] Sentence(string weights)
    {
        var config = BertConfig.Read(_folder["bert", "config.json"]);
        using var text = new TextEmbedder(
            BertTokenizer.Read(_folder["bert"], config.VocabularySize), BundleNetworks.LoadBert(config, weights), new TextSettings());
        using var encoded = text.Encode(_report);
        return encoded.Sentences.data<float>().ToArray();
    }
}
