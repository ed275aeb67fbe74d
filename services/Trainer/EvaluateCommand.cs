using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Evaluation;
using MedMoE.Mesh.Evaluation.Reading;
using MedMoE.Mesh.Model;
using MedMoE.Mesh.Studies;
using MedMoE.Mesh.Text;
using MedMoE.Mesh.Trainer.Options;

namespace MedMoE.Mesh.Trainer;

/// <summary><c>mesh evaluate</c>: evaluates a bundle on a data set.</summary>
internal sealed class EvaluateCommand : Command
{
    private readonly Option<string?> _bundle = ModelOption.Bundle();
    private readonly Option<string> _data = new("--data")
    {
        Description = "Data set: a manifest.jsonl, manifest.csv or tar shard, or a folder with such files.",
        Required = true,
    };
    private readonly Option<ReportSections?> _sections = StudyOption.Sections();
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly Option<string?> _prompts = new("--prompts")
    {
        Description = $"Zero-shot classes and their prompts. Default: {string.Join(" or ", PromptSets.FileNames)} of the data set, if there is one.",
    };
    private readonly Option<string?> _plots = new("--plots")
    {
        Description = "Folder for PNGs: confusions, recall, reliability, attention over images.",
    };
    private readonly Option<string> _expert = new("--expert")
    {
        Description = "How to select the expert: auto (as the mesh does), report, image, type (the true one), wrong (the one after it), "
            + "or an expert's name.",
        DefaultValueFactory = _ => "auto",
    };
    private readonly Option<int> _candidates = new("--candidates")
    {
        Description = "Studies of one type among which retrieval searches.",
        DefaultValueFactory = _ => 25,
    };
    private readonly Option<int?> _limit = new("--limit") { Description = "Maximum number of studies, from the start. Default: all." };
    private readonly Option<string> _device = ModelOption.Device();
    private readonly Option<string> _precision = ModelOption.Precision();

    public EvaluateCommand()
        : base(
            "evaluate", "Evaluates a bundle on a data set: gates, zero-shot findings, retrieval, grounding of phrases, linear probes, calibration.")
    {
        this.AddOptions(_bundle, _data, _sections, _json, _prompts, _plots, _expert, _candidates, _limit, _device, _precision);
        _candidates.RequireAtLeast(2);
        _limit.RequireAtLeast(1);
        SetAction(Run);
    }

    private int Run(ParseResult arguments)
    {
        var plots = arguments.GetValue(_plots);
        if (plots is not null)
        {
            CommandHost.RequireNoFile(_plots, plots);
        }
        var bundle = ModelBundle.Open(arguments.GetValue(_bundle) ?? ModelOption.DemoBundle);
        var data = arguments.GetRequiredValue(_data);
        var source = StudySource.Open(data, bundle.Manifest.Experts, arguments.GetValue(_sections));
        var promptsPath = arguments.GetValue(_prompts) ?? PromptSets.BesideData(data);
        var prompts = promptsPath is null ? null : PromptSets.Read(promptsPath, bundle.Manifest);
        using var reader = new StudyReader(
            bundle,
            TorchOptions.Parse(arguments.GetRequiredValue(_device), arguments.GetRequiredValue(_precision)),
            ExpertChoice.Parse(arguments.GetRequiredValue(_expert)));

        var progress = Console.IsErrorRedirected ? (Action<int>?)null : read => Console.Error.Write($"\r{read} studies read");
        var result = new Evaluator(reader, prompts, arguments.GetValue(_candidates))
            .Run(source.Read(order: null).Take(arguments.GetValue(_limit) ?? int.MaxValue), progress);
        if (progress is not null)
        {
            Console.Error.WriteLine();
        }
        if (plots is not null)
        {
            result.Draw(plots);
        }
        if (result.Notice is not null)
        {
            Console.Error.WriteLine($"note: {result.ModelVersion}: {result.Notice}");
        }
        Console.Out.Write(arguments.GetValue(_json) ? result.ToJson() : result.ToText());
        return 0;
    }
}
