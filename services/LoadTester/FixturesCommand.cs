using System.CommandLine;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.LoadTester.Fixtures;
using MedMoE.Mesh.Studies;

namespace MedMoE.Mesh.LoadTester;

/// <summary><c>mesh load fixtures</c>: writes the messages of the repository's loads, for any bundle and data.</summary>
internal sealed class FixturesCommand : Command
{
    private readonly Option<string> _studies = new("--studies")
    {
        Description = "Data set whose studies are sent: a folder, manifest or shards, as mesh train reads them.",
        Required = true,
    };
    private readonly Option<string?> _bundle = ModelOption.Bundle();
    private readonly Option<int> _count = new("--count") { Description = "Studies, from the start.", DefaultValueFactory = _ => 12 };
    private readonly Option<string> _out = new("--out") { Description = "Output folder.", Required = true };

    public FixturesCommand()
        : base("fixtures", "Writes the files of messages for the configurations in tests/load, for a bundle and a data set of your own.")
    {
        this.AddOptions(_studies, _bundle, _count, _out);
        _count.RequireAtLeast(1);
        SetAction(Run);
    }

    private int Run(ParseResult arguments)
    {
        var bundle = ModelBundle.Open(arguments.GetValue(_bundle) ?? ModelOption.DemoBundle);
        var skipped = new SkippedRecords();
        var source = StudySource.Open(arguments.GetRequiredValue(_studies), bundle.Manifest.Experts);
        Study[] studies = [.. source.ReadAll(skipped).Take(arguments.GetValue(_count))];
        if (studies.Length == 0)
        {
            throw new LoadException($"{source.Name}: no study can be read{(skipped.Count == 0 ? "" : $"; left out: {skipped}")}");
        }
        var folder = Directory.CreateDirectory(arguments.GetRequiredValue(_out)).FullName;
        var files = 0;
        foreach (var (name, messages) in FixtureSet.Of(bundle, studies))
        {
            FixtureFile.Write(Path.Combine(folder, $"{name}.bin"), messages);
            files++;
        }
        File.WriteAllText(Path.Combine(folder, "perf-analyzer.json"), $"{FixtureSet.PerfAnalyzerData(studies).ToJsonString()}\n");
        Console.WriteLine($"wrote {files} files of messages from {studies.Length} studies to {folder}");
        if (skipped.Count > 0)
        {
            Console.Error.WriteLine($"left out: {skipped}");
        }
        return 0;
    }
}
