using System.Text.Json;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Trainer.Tests;

/// <summary>mesh phantoms, bundle create, train and evaluate, as a user runs them.</summary>
public sealed class TrainTests : IDisposable
{
    private const string Experts = "xray,ct,mri,ultrasound";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Train_OnPhantoms_MakesABundleThatCanBeEvaluated_WithFiguresInTheirRanges()
    {
        await Prepare();

        var trained = await Tool.Trainer(
            "train", "--data", _folder["studies"], "--validation", _folder["studies"], "--init", _folder["fresh"], "--out", _folder["out"],
            "--steps", "3", "--batch", "4", "--batches", "by-type", "--schedule", "constant", "--name", "small", "--notice", "three steps");
        var evaluated = await Tool.Trainer(
            "evaluate", "--bundle", _folder["out"], "--data", _folder["studies"], "--json", "--candidates", "2", "--plots", _folder["plots"]);

        Assert.Equal((0, 0), (trained.ExitCode, evaluated.ExitCode));
        Assert.Contains("finished after step 3", trained.Output);
        Assert.Contains("no faults", (await Tool.Bundle("check", _folder["out"])).Output);
        Assert.All(["checkpoint.safetensors", "log.csv", "curves.png"], file => Assert.True(File.Exists(_folder["out.training", file])));
        Assert.StartsWith("note: small/step-3-", evaluated.Error);
        var json = JsonDocument.Parse(evaluated.Output).RootElement;
        (string Task, string[] Figures)[] figures =
        [
            ("gate", ["report", "image"]), ("zero_shot", ["accuracy", "chance"]), ("retrieval", ["recall_at_1", "recall_at_5", "recall_at_10"]),
            ("grounding", ["pointing_game", "iou"]),
        ];
        Assert.All(
            figures,
            task => Assert.All(task.Figures, figure => Assert.InRange(json.GetProperty(task.Task).GetProperty(figure).GetDouble(), 0, 1)));
        Assert.NotEmpty(Directory.GetFiles(_folder["plots"], "*.png"));
    }

    [Fact]
    public async Task Train_SectionsThatAReportLacks_LeaveItOutAndSayWhich()
    {
        await Prepare();
        var manifest = _folder["studies", "manifest.jsonl"];
        var lines = await File.ReadAllLinesAsync(manifest, TestContext.Current.CancellationToken);
        var with = lines.Select(line => line.Replace("\"report\":\"", "\"report\":\"FINDINGS: ", StringComparison.Ordinal)).ToArray();
        Assert.NotEqual(lines[0], with[0]);
        await File.WriteAllLinesAsync(manifest, [lines[0], .. with[1..]], TestContext.Current.CancellationToken);

        var trained = await Train("--out", _folder["out"], "--epochs", "1", "--sections", "findings,impression");
        var evaluated = await Tool.Trainer(
            "evaluate", "--bundle", _folder["fresh"], "--data", _folder["studies"], "--candidates", "2", "--sections", "findings,impression");

        Assert.Equal((0, 0), (trained.ExitCode, evaluated.ExitCode));
        const string Fault = @"manifest\.jsonl:1, \S+: the report has no section of findings, impression";
        Assert.Matches($"(?m)^left out of the training data: {Fault}$", trained.Error);
        Assert.Matches($@"(?m)^note: studies left out: 1 \({Fault}\)$", evaluated.Output);
    }

    [Theory]
    [InlineData("train", "--data", "d", "--init", "i", "--out", "o")]
    [InlineData("evaluate", "--data", "d")]
    public async Task Sections_NoHeading_AreRefused(params string[] command) =>
        (await Tool.Trainer([.. command, "--sections", "lungs"])).AssertRefused("--sections: \"lungs\" is not a known heading");

    [Fact]
    public async Task Train_IntoABundleThatIsThere_IsRefused()
    {
        await Prepare();

        var result = await Train("--out", _folder["fresh"]);

        result.AssertRefused(_folder["fresh"], "exists and is not empty");
    }

    [Fact]
    public async Task Train_EmptyDataFolder_IsRefused()
    {
        await Prepare();
        Directory.CreateDirectory(_folder["empty"]);

        var result = await Train("--out", _folder["out"], "--data", _folder["empty"]);

        result.AssertRefused(_folder["empty"], "no data in this folder");
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public async Task Train_TypeThatTheBundleLacks_IsRefused()
    {
        await Prepare();
        File.WriteAllText(_folder["other.jsonl"], """{"image": "a.png", "report": "normal", "type": "endoscopy"}""" + "\n");

        var result = await Train("--out", _folder["out"], "--data", _folder["other.jsonl"]);

        result.AssertRefused("endoscopy", "xray");
    }

    [Fact]
    public async Task Train_ResumeWithoutCheckpoint_IsRefused()
    {
        await Prepare();

        var result = await Train("--out", _folder["out"], "--resume");

        result.AssertRefused("out.training: no run to continue");
    }

    [Theory]
    [InlineData("--schedule cosine needs --steps", "--schedule", "cosine", "--epochs", "1")]
    [InlineData("--batch 1: expected 2 or more", "--batch", "1")]
    [InlineData("--steps 0: expected 1 or more", "--steps", "0")]
    [InlineData("--learning-rate -1: expected a number above 0", "--learning-rate", "-1")]
    [InlineData("--learning-rate NaN: expected a number above 0", "--learning-rate", "NaN")]
    [InlineData("--clip -0.5: expected a number from 0", "--clip", "-0.5")]
    [InlineData("--local -1: expected a number from 0", "--local", "-1")]
    [InlineData("--logit-scale 0: expected a number above 0", "--logit-scale", "0")]
    public async Task Train_OptionsThatMakeNoSense_AreRefused(string reason, params string[] options)
    {
        var result = await Tool.Trainer(["train", "--data", "d", "--init", "i", "--out", "o", .. options]);

        result.AssertRefused(reason);
    }

    [Fact]
    public async Task Ablate_OnPhantoms_PrintsATableAndDoesNothingTwice()
    {
        await Prepare();
        await Tool.Run("Phantoms", "phantoms", "--out", _folder["test"], "--count", "100", "--seed", "2", "--size", "64");
        Task<Tool.Result> Ablate() => Tool.Trainer(
            "ablate", "--data", _folder["studies"], "--test", _folder["test"], "--init", _folder["fresh"], "--out", _folder["runs"],
            "--seeds", "1", "--steps", "2", "--batch", "4");

        var first = await Ablate();
        var second = await Ablate();

        Assert.Equal((0, 0, ""), (first.ExitCode, second.ExitCode, second.Error));
        Assert.Equal(first.Output, second.Output);
        var variants = first.Output.Split('\n')[2..6].Select(row => row.Split('|')[1].Trim()
            .Replace(", as many parameters as all", "", StringComparison.Ordinal)
            .Replace(", no multi-scale attention", "", StringComparison.Ordinal));
        Assert.Equal(["MedMoE", "one shared expert", "last level alone", "MedMoE, a wrong expert forced"], variants);
    }

    [Fact]
    public async Task Ablate_TestDataWithoutWhatIsScored_IsRefused()
    {
        await Prepare();
        File.Delete(_folder["studies", "prompts.json"]);
        (await Tool.Trainer("ablate", "--data", "d", "--test", _folder["studies"], "--init", _folder["fresh"], "--out", "o", "--steps", "1"))
            .AssertRefused("prompts.json");
    }

    [Theory]
    [InlineData("--steps 0: expected 1 or more", "--steps", "0")]
    [InlineData("--seeds 0: expected 1 or more", "--steps", "1", "--seeds", "0")]
    [InlineData("--batch 1: expected 2 or more", "--steps", "1", "--batch", "1")]
    public async Task Ablate_OptionsThatMakeNoSense_AreRefused(string reason, params string[] options) =>
        (await Tool.Trainer(["ablate", "--data", "d", "--test", "t", "--init", "i", "--out", "o", .. options])).AssertRefused(reason);

    public void Dispose() => _folder.Dispose();

    /// <summary>Studies, and a bundle with fresh weights that is small enough to train quickly.</summary>
    private async Task Prepare()
    {
        File.WriteAllText(_folder["swin.json"], """
            {
              "model_type": "swin", "image_size": 56, "patch_size": 4, "window_size": 7,
              "embed_dim": 8, "depths": [1, 1, 1, 1], "num_heads": [1, 2, 2, 4]
            }
            """);
        File.WriteAllText(_folder["bert.json"], """
            {
              "model_type": "bert", "hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 2,
              "intermediate_size": 32, "max_position_embeddings": 32
            }
            """);
        var phantoms = await Tool.Run("Phantoms", "phantoms", "--out", _folder["studies"], "--count", "32", "--seed", "1", "--size", "64");
        var created = await Tool.Bundle(
            "create", "--swin", _folder["swin.json"], "--bert", _folder["bert.json"], "--experts", Experts,
            "--data", _folder["studies"], "--out", _folder["fresh"]);
        Assert.Equal((0, 0), (phantoms.ExitCode, created.ExitCode));
    }

    private Task<Tool.Result> Train(params string[] options)
    {
        string[] data = options.Contains("--data") ? [] : ["--data", _folder["studies"]];
        return Tool.Trainer(["train", "--init", _folder["fresh"], "--batch", "4", .. data, .. options]);
    }
}
