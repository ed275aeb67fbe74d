using System.CommandLine;
using System.Globalization;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Training;

namespace MedMoE.Mesh.Trainer.Ablation;

/// <summary><c>mesh ablate</c>: MedMoE against itself without its parts, as a table.</summary>
internal sealed class AblateCommand : Command
{
    private readonly Option<string> _data = new("--data") { Description = "Pairs to learn.", Required = true };
    private readonly Option<string> _test = new("--test") { Description = "Pairs to evaluate on, with prompts.json and masks.", Required = true };
    private readonly Option<string> _init = new("--init")
    {
        Description = "Bundle with the sizes and the vocabulary to use; its weights are not.",
        Required = true,
    };
    private readonly Option<string> _out = new("--out")
    {
        Description = "Folder for runs and scores; what is there is not done again.",
        Required = true,
    };
    private readonly Option<int> _seeds = new("--seeds") { Description = "Runs of each variant.", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _steps = new("--steps") { Description = "Optimizer steps of each run.", Required = true };
    private readonly Option<int> _batch = new("--batch")
    {
        Description = "Pairs contrasted with each other, of one type.",
        DefaultValueFactory = _ => 16,
    };
    private readonly Option<int> _accumulate = new("--accumulate") { Description = "Batches of a step.", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _global = new("--global") { Description = "Weight of the global loss.", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _learningRate = new("--learning-rate") { Description = "At its highest.", DefaultValueFactory = _ => 1e-3 };
    private readonly Option<int> _warmUp = new("--warm-up") { Description = "Steps over which it rises.", DefaultValueFactory = _ => 100 };

    public AblateCommand()
        : base("ablate", "Trains MedMoE, and MedMoE without its parts, and prints a table of what each reaches.")
    {
        this.AddOptions(_data, _test, _init, _out, _seeds, _steps, _batch, _accumulate, _global, _learningRate, _warmUp);
        foreach (var option in new[] { _seeds, _steps, _accumulate })
        {
            option.RequireAtLeast(1);
        }
        _batch.RequireAtLeast(2);
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
            // Only the end counts: there is nothing to choose a best by.
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
            Console.Error.WriteLine("\ninterrupted; go on with the same command");
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

    /// <summary>In percent, with the standard deviation of the sample.</summary>
    private static string MeanAndSpread(double[] values)
    {
        var mean = values.Average();
        var spread = values.Length < 2 ? 0 : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
        return string.Create(CultureInfo.InvariantCulture, $"{100 * mean:F1} ± {100 * spread:F1}");
    }
}
