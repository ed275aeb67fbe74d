using System.Text.Json;
using System.Text.Json.Nodes;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Bundle.Tensors;
using MedMoE.Mesh.Model.Bert;
using MedMoE.Mesh.Model.Swin;
using MedMoE.Mesh.Model.Weights;
using MedMoE.Mesh.Reference.PyTorch;
using MedMoE.Mesh.ServicesUnderTest;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Trainer.Tests.Bundles;

/// <summary>Imports published files and compares the bundle's answers with those of their weights.</summary>
public sealed class ImportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ImportTests()
    {
        Directory.CreateDirectory(_folder["swin"]);
        Directory.CreateDirectory(_folder["bert"]);
        File.Copy(Golden.PathOf("swin-nano", "config.json"), _folder["swin", "config.json"]);
        File.Copy(Golden.PathOf("bert-nano", "config.json"), _folder["bert", "config.json"]);
        File.Copy(Golden.PathOf("bert-nano", "vocab.txt"), _folder["bert", "vocab.txt"]);
        File.WriteAllText(_folder["bert", "tokenizer_config.json"], """{ "do_lower_case": false }""");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Import_MedMoECheckpoint_AnswersAsItsWeightsDo()
    {
        var result = await ImportCheckpoint(Golden.PathOf("checkpoints", "medmoe.ckpt"), "--experts", "xray,ct,mri,ultrasound");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("medmoe.ckpt: 3 tensors left out, which MedMoE does not use: model.image_encoder.global_embedder.weight, "
            + "model.text_encoder.model.pooler.dense.", result.Output);
        Assert.Contains("the report gate starts with fresh weights", result.Output);
        using var golden = new GoldenBundle(Architecture.Reference);
        // All numbers of the answer are identical to the last digit; the image gate selects the expert.
        Assert.Equal(await Answer(golden.Root), await Answer(_folder["out"]));
        foreach (var expert in new[] { "xray", "ct", "mri", "ultrasound" })
        {
            AssertSame(BundleNetworks.LoadExpert(golden.Open(), expert), BundleNetworks.LoadExpert(ModelBundle.Open(_folder["out"]), expert));
        }
        Assert.Equal("the report gate is fresh, not trained", ModelBundle.Open(_folder["out"]).Manifest.Notice);
    }

    [Fact]
    public async Task Import_MedMoECheckpointOfOtherExperts_SaysWhatToDo()
    {
        var path = Golden.PathOf("checkpoints", "medmoe.ckpt");
        (await ImportCheckpoint(path)).AssertRefused(path, "holds 4 experts", "--experts", "xray, ct, mri, ultrasound, pathology, fundus");
        (await ImportCheckpoint(path, "--experts", "xray,ct")).AssertRefused(path, "holds 4 experts", "names 2");
        (await ImportCheckpoint(path, "--experts", "a,b,c,d", "--architecture", "paper")).AssertRefused(path, "need architecture reference");
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public async Task Import_MedClipCheckpoint_SplitsItsTowers()
    {
        const string Notice = "for research alone";
        var result = await ImportCheckpoint(
            Golden.PathOf("checkpoints", "medclip.bin"), "--experts", "xray,ct", "--architecture", "reference", "--notice", Notice);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(Notice, ModelBundle.Open(_folder["out"]).Manifest.Notice);
        Assert.Contains("medclip.bin: 6 tensors left out, which MedMoE does not use: vision_model.projection_head.weight, "
            + "text_model.projection_head.weight, logit_scale, text_model.model.pooler.dense.", result.Output);
        Assert.Contains("text_model.model.embeddings.position_ids", result.Output);
        AssertTowers();
        (await ImportCheckpoint(Golden.PathOf("checkpoints", "medclip.bin"))).AssertRefused("not empty");
        Directory.Delete(_folder["out"], recursive: true);
        (await ImportCheckpoint(Golden.PathOf("checkpoints", "medclip.bin"))).AssertRefused("holds no experts", "--experts");
    }

    [Theory]
    [InlineData("bio")]
    [InlineData("legacy")]
    public async Task Import_PytorchModelBin_IsReadAsSafetensorsAre(string form)
    {
        File.Copy(Golden.PathOf("checkpoints", form, "pytorch_model.bin"), _folder["bert", "pytorch_model.bin"]);
        WriteSwin();

        var result = await Import();

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("pytorch_model.bin: 5 tensors left out, which MedMoE does not use: ", result.Output);
        Assert.Contains("cls.predictions.decoder.weight", result.Output);
        AssertTowers();
    }

    [Theory]
    [InlineData("module.", "module.bert.")]
    [InlineData("", "text.encoder.")]
    public async Task Import_NamesBehindOnePrefix_AreReadWithoutIt(string swinPrefix, string bertPrefix)
    {
        using (var swin = Swin())
        {
            CheckpointWriter.Write(_folder["swin", "pytorch_model.bin"], Saved(swin, swinPrefix), legacy: true);
        }
        using (var bert = Bert())
        {
            CheckpointWriter.Write(_folder["bert", "pytorch_model.bin"], Saved(bert, bertPrefix));
        }
        Assert.Equal((0, ""), await Import() is var result ? (result.ExitCode, result.Error) : default);
        AssertTowers();
    }

    [Fact]
    public async Task Import_NamesThatFitNothing_SaysWhatIsExpected()
    {
        WriteSwin();
        File.Copy(Golden.PathOf("checkpoints", "medclip.bin"), _folder["bert", "pytorch_model.bin"]);
        (await Import()).AssertRefused(
            "names have the prefix \"text_model.model.\", but ", "such as vision_model.model.", "with \"bert.\"", "--checkpoint");
        (await ImportCheckpoint(Golden.PathOf("checkpoints", "bio", "pytorch_model.bin"), "--experts", "ct"))
            .AssertRefused("names begin with \"bert\", \"cls\"", "vision_model.model.", "--bert names");
        CheckpointWriter.Write(_folder["bert", "pytorch_model.bin"], new PickleWriter().Global("os", "system").Op('.').Bytes, []);
        (await Import()).AssertRefused("pytorch_model.bin: holds os.system", "code in a file is never run");
        File.Delete(_folder["bert", "pytorch_model.bin"]);
        File.WriteAllText(_folder["bert", "tf_model.h5"], "");
        (await Import()).AssertRefused(
            "no weights: expected one of model.safetensors, model.safetensors.index.json, pytorch_model.bin", "tf_model.h5 cannot be read");
        Assert.Equal(["bert", "swin"], Directory.GetDirectories(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Import_Shards_AreReadAsOneFile()
    {
        WriteSwin(shards: 3);
        File.Copy(Golden.PathOf("checkpoints", "bio", "pytorch_model.bin"), _folder["bert", "pytorch_model.bin"]);
        Assert.Equal((0, ""), await Import() is var result ? (result.ExitCode, result.Error) : default);
        AssertTowers();
        File.Delete(_folder["swin", "model-00002-of-00003.safetensors"]);
        Directory.Delete(_folder["out"], recursive: true);
        (await Import()).AssertRefused("model-00002-of-00003.safetensors: no such file");
    }

    [Fact]
    public async Task Import_SettingsThatABundleDoesNotFollow_ArePrinted()
    {
        WriteSwin();
        File.Copy(Golden.PathOf("checkpoints", "bio", "pytorch_model.bin"), _folder["bert", "pytorch_model.bin"]);
        var path = _folder["swin", "preprocessor_config.json"];
        File.WriteAllText(path, """{ "do_center_crop": true, "resample": 2, "do_normalize": false, "size": 384 }""");
        var result = await Import();
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        foreach (var setting in new[] { "do_center_crop is true", "resample is 2", "do_normalize is false", "size is 384" })
        {
            Assert.Single(result.Output.Split('\n'), line => line.StartsWith($"note: {path}: {setting}: ", StringComparison.Ordinal));
        }
        File.WriteAllText(path, """{ "image_std": [1e400, 1, 1] }""");
        Directory.Delete(_folder["out"], recursive: true);
        (await Import()).AssertRefused("preprocessor_config.json: the number 1e400 is out of range");
    }

    [Fact]
    public async Task Check_NumbersThatAreNotFinite_OneFault()
    {
        using var golden = new GoldenBundle(Architecture.Paper);
        var path = Path.Combine(golden.Root, "medmoe.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("0.229", "1e400", StringComparison.Ordinal));
        (await Tool.Bundle("check", golden.Root)).AssertFault("medmoe.json: the number 1e400 is out of range");
        (await Tool.Analyze("--bundle", golden.Root, "--image", Golden.PathOf("preprocessing", "gray8_130x100.png"))).AssertRefused("1e400");
    }

    private Task<Tool.Result> Import() => Tool.Bundle(
        "import", "--swin", _folder["swin"], "--bert", _folder["bert"], "--experts", "ct", "--out", _folder["out"]);

    private Task<Tool.Result> ImportCheckpoint(string path, params string[] more) => Tool.Bundle(
        ["import", "--checkpoint", path, "--swin", _folder["swin"], "--bert", _folder["bert"], "--out", _folder["out"], .. more]);

    /// <summary>The bundle's answer, without its name and the parts that depend on the report gate.</summary>
    private static async Task<string> Answer(string bundle)
    {
        var result = await Tool.Analyze(
            "--bundle", bundle, "--image", Golden.PathOf("preprocessing", "gray8_130x100.png"), "--report", "No evidence of pneumothorax.",
            "--policy", "image", "--json");
        Assert.Equal(0, result.ExitCode);
        var json = JsonNode.Parse(result.Output)!.AsObject();
        foreach (var name in new[] { "model_version", "notice", "digests" })
        {
            json.Remove(name);
        }
        Assert.True(json["gate"]!.AsObject().Remove("others"));
        Assert.True(json.ContainsKey("image_embedding"));
        return json.ToJsonString();
    }

    /// <summary>Backbone and text encoder are identical to the reference to the last bit.</summary>
    private void AssertTowers()
    {
        var bundle = ModelBundle.Open(_folder["out"]);
        AssertSame(Swin(), BundleNetworks.LoadSwin(bundle));
        AssertSame(Bert(), BundleNetworks.LoadBert(bundle));
    }

    private static void AssertSame(nn.Module expected, nn.Module actual)
    {
        using var scope = NewDisposeScope();
        using (expected)
        using (actual)
        {
            var tensors = expected.state_dict();
            Assert.All(actual.state_dict(), entry => Assert.True(tensors[entry.Key].bytes.SequenceEqual(entry.Value.bytes), entry.Key));
        }
    }

    private static SwinTransformer Swin()
    {
        var network = new SwinTransformer(SwinConfig.Read(Golden.PathOf("swin-nano", "config.json")));
        Formula.Fill(network);
        return network;
    }

    private static BertEncoder Bert()
    {
        var network = new BertEncoder(BertConfig.Read(Golden.PathOf("bert-nano", "config.json")));
        Formula.Fill(network, name => "text." + name);
        return network;
    }

    private static SavedTensor[] Saved(nn.Module network, string prefix) =>
        [.. network.state_dict().Select(entry => SavedTensor.Of(prefix + entry.Key, entry.Value))];

    private void WriteSwin(int shards = 1)
    {
        using var network = Swin();
        TensorSource[] tensors = [.. network.state_dict().Select(e =>
            new TensorSource(e.Key, SafetensorsDType.F32, e.Value.shape, stream => stream.Write(e.Value.bytes)))];
        string File(int shard) => shards == 1 ? "model.safetensors" : $"model-{shard + 1:D5}-of-{shards:D5}.safetensors";
        for (var shard = 0; shard < shards; shard++)
        {
            SafetensorsWriter.Write(_folder["swin", File(shard)], tensors.Where((_, i) => i % shards == shard));
        }
        if (shards > 1)
        {
            System.IO.File.WriteAllText(_folder["swin", "model.safetensors.index.json"], JsonSerializer.Serialize(
                new { weight_map = tensors.Select((tensor, i) => (tensor.Name, File: File(i % shards))).ToDictionary(t => t.Name, t => t.File) }));
        }
    }
}
