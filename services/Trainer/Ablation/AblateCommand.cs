using System.CommandLine;
using System.Globalization;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Training;

namespace MedMoE.Mesh.Trainer.Ablation;

/// <summary><c>mesh ablate</c>: compares MedMoE with variants that lack one of its parts, as a table.</summary>
internal sealed class AblateCommand : Command
{
    private readonly Option<string> _data = new("--data") { Description = "Training pairs.", Required = true };
    private readonly Option<string> _test = new("--test") { Description = "Evaluation pairs, with prompts.json and masks.", Required = true };
    private readonly Option<string> _init = new("--init")
    {
        Description = "Bundle that gives sizes and vocabulary; its weights are not used.",
        Required = true,
    };
    private readonly Option<string> _out = new("--out")
    {
        Description = "Folder for runs and scores; finished runs in it are not repeated.",
        Required = true,
    };
    private readonly Option<int> _seeds = new("--seeds") { Description = "Runs of each variant.", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _steps = new("--steps") { Description = "Optimizer steps of each run.", Required = true };
    private readonly Option<int> _batch = new("--batch")
    {
        Description = "Pairs of one type that are contrasted with each other.",
        DefaultValueFactory = _ => 16,
    };
    private readonly Option<int> _accumulate = new("--accumulate") { Description = "Batches per optimizer step.", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _global = new("--global") { Description = "Weight of the global loss.", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _learningRate = new("--learning-rate") { Description = "Peak learning rate.", DefaultValueFactory = _ => 1e-3 };
    private readonly Option<int> _warmUp = new("--warm-up") { Description = "Steps of learning rate warm-up.", DefaultValueFactory = _ => 100 };

    public AblateCommand()
        : base("ablate", "Trains MedMoE and variants that lack one of its parts, and prints a table of their scores.")
    {
        this.AddOptions(_data, _test, _init, _out, _seeds, _steps, _batch, _accumulate, _global, _learningRate, _warmUp);
        foreach (var option in new[] { _seeds, _steps, _accumulate })
        {
            option.RequireAtLeast(1);
        }
        _batch.RequireAtLeast(2);
        _learningRate.RequireAmount(mayBeZero: false);
        _global.RequireAmount(mayBeZero: true);
        _warmUp.RequireAmount(mayBeZero: true);
        SetAction(Run);
    }

    private int Run(ParseResult arguments)
    {
        using var signals = new StopSignals();
        var options = new TrainOptions
        {
            Steps = arguments.GetValue(_steps),
            Batch = arguments.GetValue(_batch),
            Accumulate = arguments.GetValue(_accumulate),
            Batches = BatchPlan.ByType,
            Weights = Objective.Weights.ToDictionary(w => w.Name, w => w.Name == "Global" ? arguments.GetValue(_global) : w.Paper),
            Optimizer = new OptimizerOptions(LearningRate: arguments.GetValue(_learningRate)),
            Schedule = new ScheduleOptions(ScheduleKind.Cosine, arguments.GetValue(_warmUp)),
            // Only the final weights are scored, so no validation is needed.
            ValidateEvery = int.MaxValue,
        };
        var study = new AblationStudy(
            ModelBundle.Open(arguments.GetRequiredValue(_init)), arguments.GetRequiredValue(_data), arguments.GetRequiredValue(_test),
            arguments.GetRequiredValue(_out), options);
        try
        {
            Print(study.Run([.. Enumerable.Range(1, arguments.GetValue(_seeds))], signals.Stop), Console.Out);
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("\ninterrupted; run the same command again to continue");
            return CommandHost.Interrupted;
        }
    }

    private static void Print(IReadOnlyList<(Variant Variant, IReadOnlyList<Score> Scores)> table, TextWriter output)
    {
        (string Title, Func<Score, double> Of)[] columns =
        [
            ("zero-shot", s => s.ZeroShot), ("Recall@1", s => s.RecallAt1), ("Recall@5", s => s.RecallAt5),
            ("pointing game", s => s.PointingGame), ("IoU", s => s.Iou),
        ];
        output.WriteLine($"| | {string.Join(" | ", columns.Select(c => c.Title))} |");
        output.WriteLine($"| --- |{string.Concat(columns.Select(_ => " --- |"))}");
        foreach (var (variant, scores) in table)
        {
            output.WriteLine($"| {variant.Title} | {string.Join(" | ", columns.Select(c => MeanAndSpread([.. scores.Select(c.Of)])))} |");
        }
    }

    /// <summary>In percent, with the sample standard deviation.</summary>
    private static string MeanAndSpread(double[] values)
    {
        var mean = values.Average();
        var spread = values.Length < 2 ? 0 : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
        return string.Create(CultureInfo.InvariantCulture, $"{100 * mean:F1} ± {100 * spread:F1}");
    }
}
