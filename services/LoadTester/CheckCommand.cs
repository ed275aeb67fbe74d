using System.CommandLine;
using Grpc.Core;
using MedMoE.Mesh.LoadTester.Calls;
using MedMoE.Mesh.LoadTester.Checking;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.LoadTester.Output;

namespace MedMoE.Mesh.LoadTester;

/// <summary>
/// <c>mesh load check</c>: judges a report of ghz, which itself is content when every call has failed. Such a report holds no answers, so each of
/// the fixture's messages is sent once more, and what comes back is held against what is expected.
/// </summary>
internal sealed class CheckCommand : Command
{
    private readonly Argument<string> _report = new("REPORT") { Description = "ghz's JSON (--format json), or that of mesh load --json." };
    private readonly Option<string> _config = new("--config") { Description = "The configuration it was run with.", Required = true };
    private readonly Option<string> _limits = new("--limits")
    {
        Description = "File of limits to judge by, and of what answers hold.",
        Required = true,
    };
    private readonly Option<string?> _host = new("--host") { Description = "HOST:PORT to ask instead of the report's." };

    public CheckCommand()
        : base("check", "Judges a report by status codes, latencies and answers: exit code 0 if all limits are kept, 1 if not.")
    {
        Arguments.Add(_report);
        Options.Add(_config);
        Options.Add(_limits);
        Options.Add(_host);
        SetAction(arguments => Run(arguments).GetAwaiter().GetResult());
    }

    private async Task<int> Run(ParseResult arguments)
    {
        var config = LoadConfigReader.Read(arguments.GetRequiredValue(_config));
        var report = Report.Read(arguments.GetRequiredValue(_report));
        if (report.Options.Call != config.Call)
        {
            throw new LoadException($"{arguments.GetRequiredValue(_report)}: of {report.Options.Call}, not of {config.Call}");
        }
        var limits = Limits.Read(arguments.GetRequiredValue(_limits), config.Name);
        var host = arguments.GetValue(_host) ?? report.Options.Host ?? config.Host;
        string[] faults = [.. ReportCheck.Faults(report, limits), .. await WrongAnswers(config with { Host = host }, limits)];
        return Judgement.Tell(config.Name, faults) > 0 ? 1 : 0;
    }

    private static async Task<IReadOnlyList<string>> WrongAnswers(LoadConfig config, Limits limits)
    {
        var method = MeshMethod.Find(config.Call);
        var messages = config.Messages(method.Descriptor.InputType);
        if (limits.ExpectedOf(method.Descriptor) is not { } expected)
        {
            return [];
        }
        LoadChannels channels;
        try
        {
            channels = await LoadChannels.Open(config.Host, 1, config.ConnectTimeout);
        }
        catch (LoadException e)
        {
            // Not the user's fault, as the address is the report's: the mesh is down.
            return [e.Message];
        }
        using var own = channels;
        var faults = new List<string>();
        for (var number = 0; number < (method.Descriptor.IsClientStreaming ? 1 : messages.Count); number++)
        {
            try
            {
                var answers = await method.Call(
                    channels.Invokers[0], method.Descriptor.IsClientStreaming ? messages : [messages[number]],
                    new CallOptions(config.Headers, config.Timeout > TimeSpan.Zero ? DateTime.UtcNow + config.Timeout : null));
                if (expected.Fault(number, answers) is { } fault)
                {
                    faults.Add($"message {number + 1}: {fault}");
                }
            }
            catch (RpcException e)
            {
                faults.Add($"message {number + 1}: {e.StatusCode}: {e.Status.Detail}");
            }
        }
        return faults;
    }
}
