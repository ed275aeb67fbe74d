using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Model.Bundles;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Text;
using MedMoE.Mesh.Trainer.Options;
using MedMoE.Mesh.Training;
using MedMoE.Mesh.Training.Losses;
using static TorchSharp.torch;

namespace MedMoE.Mesh.Trainer;

/// <summary><c>mesh train</c>: trains a bundle on pairs of images and reports.</summary>
internal sealed class TrainCommand : Command
{
    private static readonly TrainOptions _defaults = new();

    private readonly Option<string> _data = new("--data")
    {
        Description = "Training data: a folder, a manifest, or shards such as 'train-{000..104}.tar' (in quotes).",
        Required = true,
    };
    private readonly Option<string?> _validation = new("--validation")
    {
        Description = "Validation data. Default: none; the training loss then selects the best bundle.",
    };
    private readonly Option<ReportSections?> _sections = StudyOption.Sections();

    private readonly Option<string> _init = new("--init")
    {
        Description = "Bundle to start from, made by ./mesh bundle import or create.",
        Required = true,
    };
    private readonly Option<string> _out = new("--out")
    {
        Description = "Bundle to write, the best one so far; checkpoint, log and curves are written to OUT.training.",
        Required = true,
    };
    private readonly Option<bool> _resume = new("--resume") { Description = "Continue from the checkpoint in OUT.training, with the same options." };
    private readonly Option<string?> _name = new("--name") { Description = "Name of the model. Default: that of the folder OUT." };
    private readonly Option<string?> _version = new("--model-version")
    {
        Description = "Version of the model. Default: the step and a digest of the weights.",
    };
    private readonly Option<string?> _notice = new("--notice")
    {
        Description = "Notice that every answer of the model carries. Default: none.",
    };

    private readonly Option<int?> _steps = new("--steps") { Description = "Optimizer steps. Default: as many as --epochs need." };
    private readonly Option<int> _epochs = Number("--epochs", "Passes over the data.", _defaults.Epochs);
    private readonly Option<int> _batch = Number("--batch", "Pairs in a batch, which are contrasted with each other.", _defaults.Batch);
    private readonly Option<int> _accumulate = Number("--accumulate", "Batches in an optimizer step.", _defaults.Accumulate);
    private readonly Option<string> _batches = Choice(
        "--batches", "Pairs of a batch: mixed, as they come, or by-type, of one report type.", "mixed", "by-type");
    private readonly Option<string> _expert = Choice(
        "--expert", "Expert of a pair: that of its true type, or the report gate's choice.", "type", "gate");
    private readonly Option<string[]> _freeze = new Option<string[]>("--freeze")
    {
        Description = "Parts that are not trained: backbone, text, gate, expert. Default: none.",
    }.Listed("backbone", "text", "gate", "expert");
    private readonly Option<int> _batchNormRows = Number(
        "--batch-norm-rows", "An expert with fewer images in a batch is normalised by its running statistics.", _defaults.BatchNormRows);

    private readonly Option<string> _preset = Choice(
        "--preset", "Weights of global, local and auxiliary loss: paper 1, 1, 1; released (the released code) 0.5, 0.5, 2.", "paper", "released");
    private readonly Dictionary<LossWeight, Option<double?>> _weights =
        Objective.Weights.ToDictionary(w => w, w => new Option<double?>($"--{w.Name.ToLowerInvariant()}") { Description = w.Description });

    private readonly Option<float?> _attentionTemperature = new("--attention-temperature")
    {
        Description = "GLoRIA's temp1. Default: the bundle's, 4.",
    };
    private readonly Option<float?> _wordTemperature = new("--word-temperature") { Description = "GLoRIA's temp2. Default: the bundle's, 5." };
    private readonly Option<float?> _logitScale = new("--logit-scale") { Description = "GLoRIA's temp3. Default: the bundle's, 10." };

    private readonly Option<string> _optimizer = Choice("--optimizer", "AdamW, or Adam with L2.", "adamw", "adam");
    private readonly Option<double> _learningRate = Number("--learning-rate", "Peak learning rate.", _defaults.Optimizer.LearningRate);
    private readonly Option<double> _weightDecay = Number(
        "--weight-decay", "Weight decay of matrices; biases, norms and temperatures have none.", _defaults.Optimizer.WeightDecay);
    private readonly Option<double> _clip = Number("--clip", "Maximum norm of all gradients together; 0: no limit.", _defaults.Optimizer.Clip);
    private readonly Option<string> _schedule = Choice(
        "--schedule", "Learning rate: reduced when the validation loss stops falling, along a cosine (needs --steps), or constant.",
        "plateau", "cosine", "constant");
    private readonly Option<int> _warmUp = Number("--warm-up", "Steps over which the learning rate rises from 0.", 0);
    private readonly Option<double> _factor = Number(
        "--factor", "Plateau: factor that the learning rate is multiplied by.", _defaults.Schedule.Factor);
    private readonly Option<int> _patience = Number(
        "--patience", "Plateau: validations without a new best before the learning rate is reduced.", _defaults.Schedule.Patience);
    private readonly Option<int?> _validateEvery = new("--validate-every") { Description = "Steps between validations. Default: an epoch." };
    private readonly Option<int> _earlyStop = Number("--early-stop", "Validations without a new best after which training ends; 0: never.", 0);
    private readonly Option<int> _checkpointEvery = Number("--checkpoint-every", "Steps between checkpoints.", _defaults.CheckpointEvery);
    private readonly Option<int> _seed = Number("--seed", "Seed of the order of the data.", 0);
    private readonly Option<string> _device = ModelOption.Device();
    private readonly Option<string> _precision = Choice(
        "--precision", "Precision of matrix products in backbone and text encoder; weights stay fp32.", "fp32", "bf16", "auto");
    private readonly Option<string> _storage = Choice("--storage", "Type of the numbers in the bundle's files.", "fp32", "fp16");

    public TrainCommand()
        : base("train", "Trains a bundle on pairs of images and reports.")
    {
        this.AddOptions(
        [
            _data, _validation, _sections, _init, _out, _resume, _name, _version, _notice, _steps, _epochs, _batch, _accumulate, _batches,
            _expert, _freeze, _batchNormRows, _preset, .. _weights.Values, _attentionTemperature, _wordTemperature, _logitScale, _optimizer,
            _learningRate, _weightDecay, _clip, _schedule, _warmUp, _factor, _patience, _validateEvery, _earlyStop, _checkpointEvery, _seed,
            _device, _precision, _storage,
        ]);
        // A contrast needs two pairs.
        _batch.RequireAtLeast(2);
        foreach (var option in new Option[] { _steps, _epochs, _accumulate, _batchNormRows, _validateEvery, _checkpointEvery })
        {
            option.RequireAtLeast(1);
        }
        foreach (var option in new Option[] { _learningRate, _factor, _attentionTemperature, _wordTemperature, _logitScale })
        {
            option.RequireAmount(mayBeZero: false);
        }
        foreach (var option in new Option[] { _weightDecay, _clip, _warmUp, _patience, _earlyStop }.Concat(_weights.Values))
        {
            option.RequireAmount(mayBeZero: true);
        }
        Validators.Add(arguments =>
        {
            if (arguments.GetResult(_steps) is not null && arguments.GetResult(_epochs) is { Implicit: false })
            {
                arguments.AddError($"{_steps.Name} and {_epochs.Name} cannot be used together");
            }
            if (arguments.GetResult(_schedule) is { Tokens: [{ Value: "cosine" }] } && arguments.GetResult(_steps) is null)
            {
                arguments.AddError($"{_schedule.Name} cosine needs {_steps.Name}");
            }
        });
        SetAction(Run);
    }

    // Synchronous: asynchronous actions are ended two seconds after a signal, and a checkpoint may take longer.
    private int Run(ParseResult arguments)
    {
        var options = Read(arguments);
        var bundle = arguments.GetRequiredValue(_out);
        var output = new TrainingOutput(
            bundle, Path.TrimEndingDirectorySeparator(bundle) + ".training",
            arguments.GetValue(_storage) == "fp16" ? ScalarType.Float16 : ScalarType.Float32);
        var resume = arguments.GetValue(_resume);
        if (resume)
        {
            output.RequireCheckpoint();
        }
        else
        {
            output.RequireFree($"; {_resume.Name} continues its run");
        }
        var source = ModelBundle.Open(arguments.GetRequiredValue(_init));
        using var networks = new TrainedNetworks(
            source, Manifest(source.Manifest, arguments), TorchOptions.Parse(arguments.GetRequiredValue(_device), "fp32").ResolveDevice());
        var data = StudyBatches.Open(
            arguments.GetRequiredValue(_data), arguments.GetValue(_validation), networks.Manifest, networks.Text.Tokenizer, options,
            TrainingProgress.Say);
        foreach (var part in networks.Untrained)
        {
            TrainingProgress.Say($"part {part} is copied unchanged");
        }
        using var run = new TrainingRun(networks, data, options, output);
        if (resume && run.Resume())
        {
            TrainingProgress.Say("the validation data are others than before: the next validation is the first, and its bundle the best so far");
        }
        if (source.Manifest.Notice is { } left && arguments.GetValue(_notice) is null)
        {
            TrainingProgress.Say($"without --notice the trained bundle has none; that of {arguments.GetValue(_init)} is not taken over: {left}");
        }
        var progress = new TrainingProgress(options, run.State.Step, validates: arguments.GetValue(_validation) is not null);
        run.Stepped += progress.Show;
        run.Validated += progress.Validated;
        using var signals = new StopSignals();
        var outcome = run.Run(signals.Stop);
        TrainingCurves.Write(output.LogFile, output.CurvesFile, $"{networks.Manifest.ModelVersion.TrimEnd('/')}: {output.Folder}");
        data.End();
        return Conclude(outcome, run, output);
    }

    private static int Conclude(Outcome outcome, TrainingRun run, TrainingOutput output)
    {
        if (outcome == Outcome.Interrupted)
        {
            Console.Error.WriteLine($"\ninterrupted after step {run.State.Step}, saved; go on with the same command and --resume");
            return CommandHost.Interrupted;
        }
        var end = outcome == Outcome.StoppedEarly ? "stopped early" : "finished";
        var places = $"{output.Bundle} is its bundle, {output.Folder} has log and curves";
        Console.Out.WriteLine(FormattableString.Invariant($"{end} after step {run.State.Step}; best loss {run.State.Best:F4}; {places}"));
        return 0;
    }

    private TrainOptions Read(ParseResult arguments)
    {
        var released = arguments.GetValue(_preset) == "released";
        return new TrainOptions
        {
            Steps = arguments.GetValue(_steps),
            Epochs = arguments.GetValue(_epochs),
            Batch = arguments.GetValue(_batch),
            Accumulate = arguments.GetValue(_accumulate),
            Batches = arguments.GetValue(_batches) == "by-type" ? BatchPlan.ByType : BatchPlan.Mixed,
            Routing = arguments.GetValue(_expert) == "gate" ? ExpertRouting.Gate : ExpertRouting.Type,
            Frozen = [.. arguments.GetValue(_freeze) ?? []],
            BatchNormRows = arguments.GetValue(_batchNormRows),
            Weights = _weights.ToDictionary(w => w.Key.Name, w => arguments.GetValue(w.Value) ?? (released ? w.Key.Released : w.Key.Paper)),
            Optimizer = new OptimizerOptions(
                arguments.GetValue(_optimizer) == "adamw", arguments.GetValue(_learningRate), arguments.GetValue(_weightDecay),
                arguments.GetValue(_clip)),
            Schedule = new ScheduleOptions(
                Enum.Parse<ScheduleKind>(arguments.GetRequiredValue(_schedule), ignoreCase: true),
                arguments.GetValue(_warmUp), arguments.GetValue(_factor), arguments.GetValue(_patience)),
            ValidateEvery = arguments.GetValue(_validateEvery),
            EarlyStop = arguments.GetValue(_earlyStop),
            CheckpointEvery = arguments.GetValue(_checkpointEvery),
            HalfTrunk = TorchOptions.Parse(arguments.GetRequiredValue(_device), arguments.GetRequiredValue(_precision)).ScalarType
                == ScalarType.BFloat16,
            Seed = arguments.GetValue(_seed),
            Sections = arguments.GetValue(_sections)?.ToString(),
        };
    }

    private BundleManifest Manifest(BundleManifest source, ParseResult arguments) => source with
    {
        Name = arguments.GetValue(_name) ?? BundleFolder.NameOf(arguments.GetRequiredValue(_out)),
        // Empty: made when the bundle is saved.
        Version = arguments.GetValue(_version) ?? "",
        Notice = arguments.GetValue(_notice) is { Length: > 0 } notice ? notice : null,
        Similarity = new SimilaritySettings(
            arguments.GetValue(_attentionTemperature) ?? source.Similarity.AttentionTemperature,
            arguments.GetValue(_wordTemperature) ?? source.Similarity.WordTemperature,
            arguments.GetValue(_logitScale) ?? source.Similarity.LogitScale),
    };

    private static Option<T> Number<T>(string name, string description, T absent) =>
        new(name) { Description = description, DefaultValueFactory = _ => absent };

    private static Option<string> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => values[0] };
        return option.OneOf(values);
    }
}
