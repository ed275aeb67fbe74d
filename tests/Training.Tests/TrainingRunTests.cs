using System.Text.Json.Nodes;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Bundle.Safetensors;
using MedMoE.Mesh.Model.Bundles;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Training.Tests;

public sealed class TrainingRunTests : IDisposable
{
    private static readonly TrainOptions _options = new()
    {
        Steps = 2,
        Batch = 3,
        Optimizer = new OptimizerOptions(LearningRate: 1e-3),
        Schedule = new ScheduleOptions(ScheduleKind.Constant),
        BatchNormRows = 2,
    };

    private readonly SmallBundle _bundle = new();
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Resume_AfterOneStepOfTwo_EqualsOneStraightRun(int accumulate)
    {
        var options = _options with { Accumulate = accumulate };

        var (_, straight) = Train("straight", options);
        Train("resumed", options with { Steps = 1 });
        var (_, resumed) = Train("resumed", options, resume: true);

        Assert.Equal(straight[1], Assert.Single(resumed));
        Assert.Equal(Tensors(Checkpoint("straight")), Tensors(Checkpoint("resumed")));
    }

    [Fact]
    public void Run_Interrupted_SavesAndGoesOn()
    {
        var options = _options with { Steps = 3 };
        var (_, straight) = Train("straight", options);
        using var stop = new CancellationTokenSource();

        var (outcome, losses) = Train("stopped", options, stepped: _ => stop.Cancel(), stop: stop.Token);
        var (_, resumed) = Train("stopped", options, resume: true);

        Assert.Equal((Outcome.Interrupted, 1), (outcome, losses.Count));
        Assert.Equal(straight[1..], resumed);
        Assert.Equal(File.ReadAllBytes(Checkpoint("straight")), File.ReadAllBytes(Checkpoint("stopped")));
    }

    [Fact]
    public void Run_SameBatchAgainAndAgain_LearnsIt()
    {
        var (_, losses) = Train("out", _options with { Steps = 30 }, data: Data(perEpoch: 1, epochs: 1));

        Assert.True(losses[^1] < losses[0] / 2, $"from {losses[0]} to {losses[^1]}");
    }

    [Theory]
    [InlineData(Architecture.Paper)]
    [InlineData(Architecture.Reference)]
    public void Run_BundleOfEitherArchitecture_LearnsAndStaysWhole(Architecture architecture)
    {
        using var bundle = new GoldenBundle(architecture);

        var (_, losses) = Train(
            "out", _options with { Steps = 4 }, data: new FormulaBatches(224, 3, perEpoch: 1) { Epochs = 1 }, source: bundle.Open());

        Assert.True(losses[^1] < losses[0], $"from {losses[0]} to {losses[^1]}");
        Assert.Empty(BundleInspection.Of(_folder["out"]).Faults);
    }

    [Fact]
    public void Run_NoBetterForSomeValidations_StopsEarlyAndKeepsTheBest()
    {
        // The learning rate is so large that nothing gets better.
        var options = _options with { Steps = 50, EarlyStop = 2, ValidateEvery = 1, Optimizer = new OptimizerOptions(LearningRate: 10) };

        var (outcome, losses) = Train("out", options);

        Assert.Equal(Outcome.StoppedEarly, outcome);
        // The first validation is the best one, and two follow it. The bundle is that of a run which ended after it.
        Assert.Equal(3, losses.Count);
        Train("first", options with { Steps = 1 });
        Assert.All(
            ["backbone", "text", "gate", "experts/xray"],
            part => Assert.Equal(Weights(_folder["first"], part), Weights(_folder["out"], part)));
    }

    [Fact]
    public void Run_OptionalPart_IsCopiedUnchanged()
    {
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(_bundle.Root, ModelBundle.ManifestFile)))!;
        (manifest["format_version"], manifest["parts"]) = (2, JsonNode.Parse("""{"heads":{"files":["a.bin"],"settings":{"width":3}}}"""));
        File.WriteAllText(Path.Combine(_bundle.Root, ModelBundle.ManifestFile), manifest.ToJsonString());
        Directory.CreateDirectory(Path.Combine(_bundle.Root, "heads"));
        File.WriteAllText(Path.Combine(_bundle.Root, "heads", "a.bin"), "weights");

        Train("out", _options with { Steps = 1 });

        Assert.Equal("weights", File.ReadAllText(_folder["out", "heads", "a.bin"]));
        Assert.Empty(BundleInspection.Of(_folder["out"]).Faults);
    }

    [Fact]
    public void Resume_WithOtherOptions_IsRefused()
    {
        Train("out", _options with { Steps = 1 });

        var fault = Assert.Throws<BundleException>(() => Train("out", _options with { Batch = 4 }, resume: true));

        Assert.Contains("other options", fault.Message);
    }

    [Fact]
    public void Resume_WithOtherData_IsRefused()
    {
        Train("out", _options with { Steps = 1 });
        string Fault(FormulaBatches? data, ModelBundle? source = null) =>
            Assert.Throws<BundleException>(() => Train("out", _options, resume: true, data, source: source)).Message;

        Assert.Contains("the run began with another --data; a new run can begin", Fault(Data(perEpoch: 7)), StringComparison.Ordinal);
        File.AppendAllText(_bundle.Open().PathOf(BundlePart.Text, "vocab.txt"), "\n");
        Assert.Contains("the run began with another --init; ", Fault(Data(), _bundle.Open()), StringComparison.Ordinal);
    }

    /// <summary>Its first loss is not compared with the training loss before, which is lower here.</summary>
    [Fact]
    public void Resume_WithOtherValidation_BeginsAnewWithTheBest()
    {
        Train("out", _options with { Steps = 1 });
        var before = File.GetLastWriteTimeUtc(_folder["out", "medmoe.json"]);
        var validated = new List<bool>();

        Train("out", _options, resume: true, Data(validation: Data().Epoch(5, skip: 0)), validated: (_, best) => validated.Add(best));

        Assert.Equal([true], validated);
        Assert.NotEqual(before, File.GetLastWriteTimeUtc(_folder["out", "medmoe.json"]));
    }

    /// <summary>A run that failed before its first checkpoint leaves nothing that is worth keeping.</summary>
    [Fact]
    public void RequireFree_LogWithoutCheckpoint_IsFree()
    {
        var output = new TrainingOutput(_folder["out"], Folder("out"), ScalarType.Float32);
        Directory.CreateDirectory(output.Folder);
        File.WriteAllText(output.LogFile, "step\n");
        output.RequireFree("; --resume");
        File.WriteAllText(Path.Combine(output.Folder, "mine.txt"), "");
        Assert.EndsWith("not empty", Assert.Throws<BundleException>(() => output.RequireFree("; --resume")).Message);
        File.WriteAllText(output.CheckpointFile, "");
        Assert.EndsWith("; --resume", Assert.Throws<BundleException>(() => output.RequireFree("; --resume")).Message);
    }

    [Theory]
    [InlineData("findings", "findings, impression")]
    [InlineData("findings", null)]
    [InlineData(null, "findings")]
    public void Resume_WithOtherSections_IsRefused(string? began, string? now)
    {
        Train("out", _options with { Steps = 1, Sections = began });

        var fault = Assert.Throws<BundleException>(() => Train("out", _options with { Sections = now }, resume: true));

        Assert.Contains("other options", fault.Message);
    }

    [Fact]
    public void Checkpoint_WithoutSections_DoesNotNameThem()
    {
        Train("out", _options with { Steps = 1 });

        // As runs that began before there was a choice.
        using var checkpoint = SafetensorsFile.Open(Checkpoint("out"));
        Assert.DoesNotContain("Sections", checkpoint.Metadata["medmoe.options"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"Reduction\":1", "\"Reduction\":1e400", ", medmoe.state: the number 1e400 is out of range")]
    [InlineData("\"Step\":1", "\"Step\":\"1\"", ": not a training checkpoint: ")]
    [InlineData("\"Step\":1", "\"Step\":-1", ": not a training checkpoint: its place in the run is none")]
    [InlineData("\"Epoch\":0", "\"Step\":1", ", medmoe.state: not JSON: \"Step\" is there twice")]
    [InlineData("\"Reduction\":1,", "", ": not a training checkpoint: ")]
    public void Resume_StateThatIsNone_OneLineNamesTheCheckpoint(string part, string other, string reason)
    {
        Train("out", _options with { Steps = 1 });
        Rewrite(Checkpoint("out"), state =>
        {
            Assert.Contains(part, state, StringComparison.Ordinal);
            return state.Replace(part, other, StringComparison.Ordinal);
        });

        var fault = Assert.Throws<BundleException>(() => Train("out", _options, resume: true));

        Assert.StartsWith(Checkpoint("out") + reason, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Run_DiskFull_KeepsTheCheckpointBefore()
    {
        Train("out", _options with { Steps = 1 });
        var before = File.ReadAllBytes(Checkpoint("out"));
        // What is written beside the checkpoint, to take its place, goes to a device that is always full.
        File.CreateSymbolicLink(Checkpoint("out") + ".unfinished", "/dev/full");

        var fault = Assert.Throws<IOException>(() => Train("out", _options, resume: true));

        Assert.Contains("No space left", fault.Message);
        Assert.Equal(before, File.ReadAllBytes(Checkpoint("out")));
        Assert.Single(Train("out", _options, resume: true).Losses);
    }

    [Fact]
    public void Resume_CheckpointOfTheOtherArchitecture_NamesWhatDoesNotFit()
    {
        Train("out", _options with { Steps = 1 });
        using var other = new GoldenBundle(Architecture.Reference);

        var fault = Assert.Throws<BundleException>(() => Train("out", _options, resume: true, source: other.Open()));

        Assert.Contains("tensor", fault.Message);
    }

    [Fact]
    public void Resume_WithoutCheckpoint_IsRefused()
    {
        var fault = Assert.Throws<BundleException>(() => Train("out", _options, resume: true));

        Assert.Contains("no run to continue", fault.Message);
    }

    [Fact]
    public void Run_PairsOfOneType_LeaveTheOtherExpertsAsTheyAre()
    {
        Train("out", _options with { Steps = 1 }, data: Data(types: 1));

        Assert.NotEqual(Weights(_bundle.Root, "experts/xray"), Weights(_folder["out"], "experts/xray"));
        Assert.Equal(Weights(_bundle.Root, "experts/ct"), Weights(_folder["out"], "experts/ct"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Log_ValidationLoss_IsEmptyWithoutValidationData(bool validation)
    {
        var data = new FormulaBatches(_bundle.Open().Manifest.Image.Size, 1, perEpoch: 2)
        {
            Validation = validation ? Data(perEpoch: 1).Epoch(5, 0) : null,
        };

        Train("out", _options with { Steps = 3, ValidateEvery = 2 }, data: data);

        // A row for each step; validated were the second and the last.
        Assert.Equal([false, validation, validation], Log().Select(row => row[^1].Length > 0));
    }

    /// <summary>A row is a mean over the steps since the row before, also those before an interruption.</summary>
    [Fact]
    public void Resume_BetweenTwoRows_WritesTheRowOfARunNeverStopped()
    {
        // From step 100 on, every tenth has a row. A small rate, so that the losses of different batches stay different.
        var options = _options with { Steps = 110, ValidateEvery = 1000, Optimizer = new OptimizerOptions(LearningRate: 1e-7) };
        var (_, losses) = Train("straight", options);
        using var stop = new CancellationTokenSource();
        Train("out", options, stepped: row => (row.Step == 104 ? stop : null)?.Cancel(), stop: stop.Token);
        Train("out", options, resume: true);

        string[] Losses(string name) => [.. File.ReadLines(Path.Combine(Folder(name), "log.csv"))
            .Single(row => row.StartsWith("110,", StringComparison.Ordinal)).Split(',')[..^3]];
        Assert.NotEqual(losses[100..].Average(), losses[104..].Average(), tolerance: 1e-4);
        Assert.Equal(Losses("straight"), Losses("out"));
    }

    [Fact]
    public void Run_WithoutAVersion_IsToldApartByStepAndWeights()
    {
        var source = _bundle.Open();
        string Version(string name, int steps)
        {
            using var networks = new TrainedNetworks(source, source.Manifest with { Version = "" }, CPU);
            using var run = new TrainingRun(
                networks, Data(), _options with { Steps = steps }, new TrainingOutput(_folder[name], Folder(name), ScalarType.Float32));
            run.Run(TestContext.Current.CancellationToken);
            return ModelBundle.Open(_folder[name]).Manifest.Version;
        }
        Assert.Matches("^step-1-[0-9a-f]{8}$", Version("one", 1));
        Assert.Equal(Version("same", 1), Version("one-again", 1));
        Assert.NotEqual(Version("two", 2)[^8..], Version("one-more", 1)[^8..]);
    }

    [Fact]
    public void Resume_OfALogThatHasTheTrainingLossAsValidation_EmptiesIt()
    {
        Train("out", _options with { Steps = 1 });
        var log = Path.Combine(Folder("out"), "log.csv");
        File.WriteAllLines(log, File.ReadAllLines(log).Select(row => row.EndsWith(',') ? row + "9.5" : row));

        Train("out", _options, resume: true);

        Assert.Equal([("1", ""), ("2", "")], Log().Select(row => (row[0], row[^1])));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("backbone")]
    public void Run_FrozenPart_StaysAsItIs(string frozen)
    {
        Train("out", _options with { Steps = 1, Frozen = [frozen] });

        Assert.All(["text", "backbone", "gate"], part =>
            Assert.Equal(part == frozen, Weights(_bundle.Root, part).SequenceEqual(Weights(_folder["out"], part))));
    }

    [Fact]
    public void Run_Bf16Trunk_LearnsAndSavesFp32()
    {
        var (_, losses) = Train("out", _options with { Steps = 20, HalfTrunk = true }, data: Data(perEpoch: 1, epochs: 1));

        Assert.True(losses[^1] < losses[0] * 0.7, $"from {losses[0]} to {losses[^1]}");
        Assert.Empty(BundleInspection.Of(_folder["out"]).Faults);
    }

    public void Dispose()
    {
        _bundle.Dispose();
        _folder.Dispose();
    }

    private FormulaBatches Data(int perEpoch = 2, int? epochs = null, int? types = null, IEnumerable<TrainingBatch>? validation = null)
    {
        var manifest = _bundle.Open().Manifest;
        return new FormulaBatches(manifest.Image.Size, types ?? manifest.Experts.Count, perEpoch)
        {
            Epochs = epochs,
            Validation = validation,
        };
    }

    private (Outcome Outcome, List<double> Losses) Train(
        string name, TrainOptions options, bool resume = false, FormulaBatches? data = null, Action<LogRow>? stepped = null,
        ModelBundle? source = null, Action<double, bool>? validated = null, CancellationToken stop = default)
    {
        source ??= _bundle.Open();
        using var networks = new TrainedNetworks(source, source.Manifest, CPU);
        using var run = new TrainingRun(networks, data ?? Data(), options, new TrainingOutput(_folder[name], Folder(name), ScalarType.Float32));
        if (resume)
        {
            run.Resume();
        }
        var losses = new List<double>();
        run.Stepped += row => losses.Add(row.Loss);
        run.Stepped += stepped;
        run.Validated += validated;
        return (run.Run(stop), losses);
    }

    private string[][] Log() => [.. File.ReadLines(Path.Combine(Folder("out"), "log.csv")).Skip(1).Select(row => row.Split(','))];

    private string Folder(string name) => _folder[name + ".training"];

    private string Checkpoint(string name) => Path.Combine(Folder(name), "checkpoint.safetensors");

    /// <summary>Writes a checkpoint again with another state.</summary>
    private static void Rewrite(string path, Func<string, string> state)
    {
        TensorSource[] tensors;
        Dictionary<string, string> metadata;
        using (var file = SafetensorsFile.Open(path))
        {
            metadata = new Dictionary<string, string>(file.Metadata);
            tensors = [.. file.Tensors.Values.Select(tensor =>
            {
                var bytes = new byte[tensor.Length];
                file.Read(tensor, bytes);
                return new TensorSource(tensor.Name, tensor.DType, tensor.Shape, stream => stream.Write(bytes));
            })];
        }
        metadata["medmoe.state"] = state(metadata["medmoe.state"]);
        SafetensorsWriter.Write(path, tensors, metadata);
    }

    private static byte[] Weights(string bundle, string part) => Tensors(Path.Combine(bundle, part, "model.safetensors"));

    private static byte[] Tensors(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return [.. file.Tensors.Values.OrderBy(t => t.Name, StringComparer.Ordinal).SelectMany(tensor =>
        {
            var bytes = new byte[tensor.Length];
            file.Read(tensor, bytes);
            return bytes;
        })];
    }
}
