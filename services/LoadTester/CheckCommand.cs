using System.CommandLine;
using Grpc.Core;
using MedMoE.Mesh.Client;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.LoadTester.Calls;
using MedMoE.Mesh.LoadTester.Checking;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.LoadTester.Output;

namespace MedMoE.Mesh.LoadTester;

/// <summary>
/// <c>mesh load check</c>: checks a report of ghz, which itself succeeds even if every call has failed. The report holds no answers, so each message
/// of the fixture is sent once more and its answer is compared with the expected one.
/// </summary>
internal sealed class CheckCommand : Command
{
    private readonly Argument<string> _report = new("REPORT") { Description = "JSON report of ghz (--format json) or of mesh load --json." };
    private readonly Option<string> _config = new("--config") { Description = "The configuration of the run.", Required = true };
    private readonly Option<string> _limits = new("--limits")
    {
        Description = "File with the limits and the expected answers.",
        Required = true,
    };
    private readonly TargetOptions _target = new("report's");

    public CheckCommand()
        : base("check", "Checks a report's status codes, latencies and answers against limits: exit code 0 if all are met, 1 if not.")
    {
        Arguments.Add(_report);
        this.AddOptions([_config, _limits, .. _target.All]);
        SetAction(arguments => Run(arguments).GetAwaiter().GetResult());
    }

    private async Task<int> Run(ParseResult arguments)
    {
        var config = LoadConfigReader.Read(arguments.GetRequiredValue(_config));
        var report = Report.Read(arguments.GetRequiredValue(_report));
        if (report.Options.Call != config.Call)
        {
            throw new LoadException($"{arguments.GetRequiredValue(_report)}: is a report of {report.Options.Call}, not of {config.Call}");
        }
        var limits = Limits.Read(arguments.GetRequiredValue(_limits), config.Name);
        config = _target.Of(config with { Host = report.Options.Host ?? config.Host }, arguments);
        string[] faults = [.. ReportCheck.Faults(report, limits), .. await WrongAnswers(config, limits)];
        return Judgement.Print(config.Name, faults) > 0 ? 1 : 0;
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
            channels = await LoadChannels.Open(config, 1);
        }
        catch (ConnectionException e)
        {
            // A failed check and not invalid input: the address is the report's, so the mesh is down.
            return [e.Message];
        }
        using var own = channels;
        var faults = new List<string>();
        foreach (var (number, sent) in method.CallsOf(messages).Index())
        {
            try
            {
                if (expected.Fault(number, await method.Call(channels.Invokers[0], sent, config.CallOptions())) is { } fault)
                {
                    faults.Add($"message {number + 1}: {fault}");
                }
            }
            catch (RpcException e)
            {
                faults.Add($"message {number + 1}: {e.StatusCode}: {e.Status.Detail}{e.RequestOf()}");
            }
        }
        return faults;
    }
}
