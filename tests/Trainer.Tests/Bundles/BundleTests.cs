using System.Text.Json;
using System.Text.Json.Nodes;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Bundle.Tensors;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.ServicesUnderTest;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Trainer.Tests.Bundles;

public sealed class BundleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Import_HuggingFaceFolders_MakesABundleThatLoads(bool withHeads)
    {
        var swin = SwinConfig.Read(Golden.PathOf("swin-nano", "config.json"));
        MakeSwin(swin, Golden.PathOf("swin-nano", "config.json"), withHeads);
        MakeBert(Golden.PathOf("bert-nano", "config.json"), withHeads);
        File.WriteAllText(
            _folder["swin", "preprocessor_config.json"], """{ "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25], "size": 224 }""");

        var result = await Tool.Bundle(
            "import", "--swin", _folder["swin"], "--bert", _folder["bert"], "--experts", "xray,ct,dental", "--out", _folder["out"], "--seed", "7");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var bundle = ModelBundle.Open(_folder["out"]);
        Assert.Equal(["xray", "ct", "dental"], bundle.Manifest.Experts.Select(e => e.Name));
        Assert.Equal(["CT"], bundle.Manifest.Experts[1].DicomModalities);
        Assert.Equal([0.5f, 0.5f, 0.5f], bundle.Manifest.Image.Mean);
        Assert.Equal(new ExpertSettings(24), bundle.Manifest.Expert);
        // The weights are those of the folders, without their other tensors.
        using var scope = NewDisposeScope();
        using var loaded = BundleNetworks.LoadSwin(bundle);
        using var expected = new SwinTransformer(swin);
        Formula.Fill(expected);
        Assert.All(loaded.state_dict(), entry => Assert.Equal(0, Close.RelativeError(entry.Value, expected.state_dict()[entry.Key])));
        var analysis = await Tool.Analyze(
            "--bundle", _folder["out"], "--image", Golden.PathOf("preprocessing", "gray8_130x100.png"), "--report", "No evidence of pneumothorax.");
        Assert.Equal(0, analysis.ExitCode);
        Assert.Contains("gate and experts are fresh, not trained", analysis.Error);
    }

    [Fact]
    public async Task Import_SameSeed_SameBytes()
    {
        MakeSwin(SwinConfig.Read(Golden.PathOf("swin-nano", "config.json")), Golden.PathOf("swin-nano", "config.json"), withHeads: false);
        MakeBert(Golden.PathOf("bert-nano", "config.json"), withHeads: false);
        Task<Tool.Result> Import(string name, string seed, string architecture = "paper") => Tool.Bundle(
            "import", "--swin", _folder["swin"], "--bert", _folder["bert"], "--experts", "ct", "--out", _folder[name], "--name", "n", "--seed", seed,
            "--architecture", architecture);
        Assert.Equal(0, (await Import("a", "1")).ExitCode);
        Assert.Equal(0, (await Import("b", "1")).ExitCode);
        Assert.Equal(0, (await Import("c", "2")).ExitCode);
        Assert.Equal(0, (await Import("d", "1", "reference")).ExitCode);
        string Digest(string name) => ModelBundle.Open(_folder[name]) is var bundle ? bundle.Digest(bundle.Manifest.Parts) : "";
        Assert.Equal(Digest("a"), Digest("b"));
        Assert.NotEqual(Digest("a"), Digest("c"));
        Assert.Equal(Architecture.Reference, ModelBundle.Open(_folder["d"]).Manifest.Architecture);
        // Existing files are never overwritten.
        (await Import("a", "3")).AssertRefused(_folder["a"], "not empty");
        Assert.Equal(Digest("a"), Digest("b"));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("""{ "strip_accents": false }""", true)]
    [InlineData("""{ "do_lower_case": false }""", false)]
    public async Task Import_CasedVocabulary_TellsAndWritesWhatHoldsForCapitals(string? config, bool open)
    {
        MakeSwin(SwinConfig.Read(Golden.PathOf("swin-nano", "config.json")), Golden.PathOf("swin-nano", "config.json"), withHeads: false);
        MakeBert(Golden.PathOf("bert-nano", "config.json"), withHeads: false);
        File.WriteAllText(_folder["bert", "special_tokens_map.json"], """{ "cls_token": "[CLS]" }""");
        if (config is not null)
        {
            File.WriteAllText(_folder["bert", "tokenizer_config.json"], config);
        }

        var result = await Tool.Bundle("import", "--swin", _folder["swin"], "--bert", _folder["bert"], "--experts", "ct", "--out", _folder["out"]);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var lines = result.Output.Split('\n').Where(line => line.Contains("text is lower-cased")).ToArray();
        Assert.Equal(open ? 1 : 0, lines.Length);
        Assert.All(lines, line => Assert.Contains(_folder["bert", "vocab.txt"], line));
        using var written = JsonDocument.Parse(File.ReadAllBytes(_folder["out", "text", "tokenizer_config.json"]));
        Assert.Equal(open, written.RootElement.GetProperty("do_lower_case").GetBoolean());
        Assert.Equal(config?.Contains("strip_accents") ?? false, written.RootElement.TryGetProperty("strip_accents", out _));
        Assert.True(File.Exists(_folder["out", "text", "special_tokens_map.json"]));
        // The trained bundle has the same text part, and its digest covers all of its files.
        Assert.Contains("text/special_tokens_map.json", ModelBundle.Open(_folder["out"]).FilesOf(BundlePart.Text));
    }

    [Fact]
    public async Task Import_MoreEmbeddingRowsThanPieces_AnswersAreEqual()
    {
        MakeSwin(SwinConfig.Read(Golden.PathOf("swin-nano", "config.json")), Golden.PathOf("swin-nano", "config.json"), withHeads: false);
        var config = File.ReadAllText(Golden.PathOf("bert-nano", "config.json"));
        foreach (var rows in new[] { 187, 192 })
        {
            // Weights depend on name and position, so the first rows are the same.
            File.WriteAllText(_folder["bert.json"], config.Replace("\"vocab_size\": 187", $"\"vocab_size\": {rows}"));
            MakeBert(_folder["bert.json"], withHeads: false);
            var result = await Tool.Bundle(
                "import", "--swin", _folder["swin"], "--bert", _folder["bert"], "--experts", "ct", "--out", _folder[$"{rows}"], "--name", "n");
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            Assert.EndsWith("no faults\n", (await Tool.Bundle("check", _folder[$"{rows}"])).Output);
        }
        using var scope = NewDisposeScope();
        EncodedTexts Encode(string bundle)
        {
            using var embedder = PlacedNetworks.LoadText(ModelBundle.Open(_folder[bundle]), new TorchOptions());
            return embedder.Encode(["No evidence of pneumothorax.", "\ufffe mass"]);
        }
        var (exact, padded) = (Encode("187"), Encode("192"));
        Assert.Equal(exact.Tokens.Select(t => t.Ids), padded.Tokens.Select(t => t.Ids));
        Assert.Equal(0, Close.RelativeError(padded.Words, exact.Words));
        Assert.Equal(0, Close.RelativeError(padded.Sentences, exact.Sentences));
    }

    [Fact]
    public async Task Import_TokenizerOfAnotherKind_OneLineAndNothingMade()
    {
        MakeSwin(SwinConfig.Read(Golden.PathOf("swin-nano", "config.json")), Golden.PathOf("swin-nano", "config.json"), withHeads: false);
        MakeBert(Golden.PathOf("bert-nano", "config.json"), withHeads: false);
        File.WriteAllText(_folder["bert", "tokenizer_config.json"], """{ "never_split": ["COVID-19"] }""");
        (await Tool.Bundle("import", "--swin", _folder["swin"], "--bert", _folder["bert"], "--experts", "ct", "--out", _folder["out"]))
            .AssertRefused("tokenizer_config.json", "never_split");
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public async Task Check_FullSize_CountsAsThePaperDoes()
    {
        var config = Golden.PathOf("swin-tiny", "config.json");
        MakeSwin(SwinConfig.Read(config), config, withHeads: true);
        // Only its width matters to the image side; depth and vocabulary are small.
        File.WriteAllText(_folder["bert.json"], """
            { "model_type": "bert", "vocab_size": 187, "hidden_size": 768, "num_hidden_layers": 4, "num_attention_heads": 12,
              "intermediate_size": 64, "max_position_embeddings": 32 }
            """);
        MakeBert(_folder["bert.json"], withHeads: true);
        Assert.Equal(0, (await Tool.Bundle(
            "import", "--swin", _folder["swin"], "--bert", _folder["bert"], "--experts", "xray,ct,mri,ultrasound,endoscopy,pathology",
            "--out", _folder["out"])).ExitCode);

        var result = await Tool.Bundle("check", _folder["out"]);

        Assert.Equal(0, result.ExitCode);
        Assert.EndsWith("no faults\n", result.Output);
        // The paper, table 3: 37 M parameters with six experts.
        var summary = result.Output.Split('\n').Single(line => line.StartsWith("image side: ", StringComparison.Ordinal));
        Assert.InRange(long.Parse(summary.Split(' ')[2], System.Globalization.NumberStyles.AllowThousands, null), 36_000_000, 38_000_000);
        Assert.Equal(new ExpertSettings(256), ModelBundle.Open(_folder["out"]).Manifest.Expert);
        // An expert's cost is a fraction of Swin's.
        var share = int.Parse(summary.Split(", ")[^1].Split('%')[0].Trim(), null);
        Assert.InRange(share, 1, 60);
        TestContext.Current.TestOutputHelper?.WriteLine(result.Output);
    }

    [Fact]
    public async Task Check_ManyFaults_ListsEveryOne()
    {
        using var files = new GoldenBundle(Architecture.Paper);
        File.Delete(Path.Combine(files.Root, "experts", "ct", "model.safetensors"));
        File.AppendAllText(Path.Combine(files.Root, "text", "vocab.txt"), "onemore\n");
        File.WriteAllText(Path.Combine(files.Root, "gate", "model.safetensors"), "x");
        Directory.CreateDirectory(Path.Combine(files.Root, "experts", "stray"));
        File.Move(
            Path.Combine(files.Root, "experts", "mri", "model.safetensors"),
            Path.Combine(files.Root, "experts", "xray", "model.safetensors"), overwrite: true);
        Directory.Delete(Path.Combine(files.Root, "experts", "mri"));
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(files.Root, "medmoe.json")))!;
        (manifest["format_version"], manifest["parts"]) = (2, JsonNode.Parse("""{"heads":{"files":["a.bin"]},"masks":{"files":["b.bin"]}}"""));
        File.WriteAllText(Path.Combine(files.Root, "medmoe.json"), manifest.ToJsonString());
        Directory.CreateDirectory(Path.Combine(files.Root, "masks"));

        var result = await Tool.Bundle("check", files.Root);

        Assert.Equal(2, result.ExitCode);
        string[] faults = [.. result.Output.Split('\n').Where(line => line.StartsWith("fault: ", StringComparison.Ordinal))];
        Assert.Equal(7, faults.Length);
        Assert.Contains(faults, f => f.Contains("experts/ct/model.safetensors: no such file"));
        Assert.Contains(faults, f => f.EndsWith("experts/mri: the folder of part experts/mri is missing"));
        Assert.Contains(faults, f => f.EndsWith("heads: the folder of part heads is missing"));
        Assert.Contains(faults, f => f.EndsWith("masks/b.bin: named by part masks in medmoe.json, but there is no such file"));
        Assert.Contains(faults, f => f.Contains("vocab.txt: 188 wordpieces, but vocab_size in config.json is 187"));
        Assert.Contains(faults, f => f.Contains("gate/model.safetensors: not a safetensors file"));
        Assert.Contains(faults, f => f.Contains("experts/stray: no expert of this name"));
        Assert.EndsWith("7 faults\n", result.Output);
    }

    [Fact]
    public async Task Import_BadFolder_OneLineAndNothingMade()
    {
        Directory.CreateDirectory(_folder["swin"]);
        File.Copy(Golden.PathOf("swin-nano", "config.json"), _folder["swin", "config.json"]);
        File.WriteAllText(_folder["swin", "pytorch_model.bin"], "x");
        MakeBert(Golden.PathOf("bert-nano", "config.json"), withHeads: false);
        (await Tool.Bundle("import", "--swin", _folder["swin"], "--bert", _folder["bert"], "--experts", "ct", "--out", _folder["out"]))
            .AssertRefused("pytorch_model.bin: not a PyTorch checkpoint");
        (await Tool.Bundle("import", "--swin", _folder["none"], "--bert", _folder["bert"], "--experts", "ct", "--out", _folder["out"]))
            .AssertRefused("none: no such folder", "hf download");
        (await Tool.Bundle("check", _folder["bert"])).AssertFault("medmoe.json: no such file");
        MakeSwin(SwinConfig.Read(Golden.PathOf("swin-nano", "config.json")), null, withHeads: false);
        (await Tool.Bundle("import", "--swin", _folder["swin"], "--bert", _folder["bert"], "--experts", "ct,ct", "--out", _folder["out"]))
            .AssertRefused("--experts: ct is there twice");
        Assert.Equal(["bert", "swin"], Directory.GetDirectories(_folder.Path).Select(Path.GetFileName).Order());
    }

    /// <summary>A Hugging Face folder: the bare network, or with a classifier and other typical tensors.</summary>
    private void MakeSwin(SwinConfig config, string? configFile, bool withHeads)
    {
        Directory.CreateDirectory(_folder["swin"]);
        if (configFile is not null)
        {
            File.Copy(configFile, _folder["swin", "config.json"]);
        }
        using var network = new SwinTransformer(config);
        Formula.Fill(network);
        Write("swin", network, withHeads ? "swin." : "", withHeads
            ? [Zeros("classifier.weight", 1000, config.FeatureDim), Zeros("classifier.bias", 1000),
               Zeros("swin.encoder.layers.0.blocks.0.attention.self.relative_position_index", 49, 49),
               Zeros("swin.embeddings.mask_token", 1, 1, config.EmbedDim)]
            : []);
    }

    private void MakeBert(string configFile, bool withHeads)
    {
        Directory.CreateDirectory(_folder["bert"]);
        File.Copy(configFile, _folder["bert", "config.json"], overwrite: true);
        File.Copy(Golden.PathOf("bert-nano", "vocab.txt"), _folder["bert", "vocab.txt"], overwrite: true);
        var config = BertConfig.Read(configFile);
        using var network = new BertEncoder(config);
        Formula.Fill(network, name => "text." + name);
        Write("bert", network, withHeads ? "bert." : "", withHeads
            ? [Zeros("cls.predictions.bias", 187), Zeros("cls.seq_relationship.weight", 2, config.HiddenSize),
               Zeros("bert.pooler.dense.weight", config.HiddenSize, config.HiddenSize), Zeros("bert.pooler.dense.bias", config.HiddenSize),
               Zeros("bert.embeddings.position_ids", 1, 64)]
            : []);
    }

    private void Write(string folder, nn.Module network, string prefix, TensorSource[] extras)
    {
        // Checkpoints from TensorFlow call a normalisation's weight gamma and its bias beta.
        string Name(string own) =>
            prefix.Length == 0 ? own : prefix + own.Replace("LayerNorm.weight", "LayerNorm.gamma").Replace("LayerNorm.bias", "LayerNorm.beta");
        SafetensorsWriter.Write(_folder[folder, "model.safetensors"], network.state_dict()
            .Select(e => new TensorSource(Name(e.Key), SafetensorsDType.F32, e.Value.shape, stream => stream.Write(e.Value.bytes)))
            .Concat(extras));
    }

    private static TensorSource Zeros(string name, params long[] shape) =>
        name.EndsWith("_ids", StringComparison.Ordinal) || name.EndsWith("_index", StringComparison.Ordinal)
            ? new TensorSource(name, SafetensorsDType.I64, shape, stream => stream.Write(new byte[8 * shape.Aggregate((a, b) => a * b)]))
            : new TensorSource(name, SafetensorsDType.F32, shape, stream => stream.Write(new byte[4 * shape.Aggregate((a, b) => a * b)]));
}
