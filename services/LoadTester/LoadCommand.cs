using System.CommandLine;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.LoadTester.Calls;
using MedMoE.Mesh.LoadTester.Checking;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.LoadTester.Measurement;
using MedMoE.Mesh.LoadTester.Output;

namespace MedMoE.Mesh.LoadTester;

/// <summary><c>mesh load</c>: runs ghz's configuration files against a mesh.</summary>
internal sealed class LoadCommand : Command
{
    private readonly Argument<string[]> _configs = new("CONFIG")
    {
        Description = "Configuration files of ghz, one run for each.",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly TargetOptions _target = new("files'");
    private readonly Option<string?> _duration = new("--duration") { Description = "Time during which calls start, as 10s, instead of the files'." };
    private readonly Option<string?> _limits = new("--limits")
    {
        Description = "File with limits and expected answers; each violation is printed, and the exit code is 1. Default: a failed call is one.",
    };
    private readonly Option<string?> _json = new("--json") { Description = "Output file for the report in ghz's JSON, for a single configuration." };

    public LoadCommand()
        : base("load", "Puts the load of ghz's configuration files on a running mesh, and prints the measurements.")
    {
        Arguments.Add(_configs);
        this.AddOptions([_duration, _limits, _json, .. _target.All]);
        Subcommands.Add(new CheckCommand());
        Subcommands.Add(new FixturesCommand());
        Subcommands.Add(new ExpectCommand());
        Validators.Add(arguments =>
        {
            if (arguments.GetValue(_json) is not null && arguments.GetValue(_configs) is { Length: > 1 })
            {
                arguments.AddError($"{_json.Name} needs a single configuration");
            }
        });
        SetAction(arguments => Run(arguments).GetAwaiter().GetResult());
    }

    private async Task<int> Run(ParseResult arguments)
    {
        using var signals = new StopSignals();
        // Read all files first, so that an error in the last one shows before the first run.
        var runs = arguments.GetRequiredValue(_configs).Select(file => Read(file, arguments)).ToArray();
        var faults = 0;
        foreach (var (config, method, messages, limits) in runs)
        {
            using var channels = await LoadChannels.Open(config, config.Connections);
            var recorder = new Recorder(config.SkipFirst);
            var (reason, total) = await new LoadRun(config, method, messages, limits?.ExpectedOf(method.Descriptor), recorder)
                .Run(channels.Invokers, signals.Stop);
            var report = Report.Of(config, reason, recorder.Sum(total));
            Console.WriteLine(Summary.Format(report));
            if (arguments.GetValue(_json) is { } json)
            {
                report.Write(json);
            }
            // Without limits, failed calls are a fault, too: nobody wants to measure them.
            faults += limits is not null ? Judgement.Print(config.Name, ReportCheck.Faults(report, limits))
                : report.StatusCodeDistribution.Count(status => status.Key != "OK");
            if (reason == EndReason.Cancel)
            {
                return CommandHost.Interrupted;
            }
        }
        return faults > 0 ? 1 : 0;
    }

    private (LoadConfig Config, MeshMethod Method, IReadOnlyList<byte[]> Messages, Limits? Limits) Read(string file, ParseResult arguments)
    {
        var config = _target.Of(LoadConfigReader.Read(file), arguments);
        if (arguments.GetValue(_duration) is { } duration)
        {
            config = config with
            {
                Duration = GoDuration.TryParse(duration)
                    ?? throw new LoadException($"--duration {duration}: not a duration such as 10s, 300ms or 1m30s"),
            };
        }
        var method = MeshMethod.Find(config.Call);
        var messages = config.Messages(method.Descriptor.InputType);
        return (config, method, messages, arguments.GetValue(_limits) is { } limits ? Limits.Read(limits, config.Name) : null);
    }
}
