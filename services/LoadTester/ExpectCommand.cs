using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using MedMoE.Mesh.Client;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.LoadTester.Calls;
using MedMoE.Mesh.LoadTester.Configuration;

namespace MedMoE.Mesh.LoadTester;

/// <summary><c>mesh load expect</c>: writes limits with what a mesh answers now, so that a load on a model of one's own can be checked.</summary>
internal sealed class ExpectCommand : Command
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };

    private readonly Argument<string[]> _configs = new("CONFIGS")
    {
        Description = "Configuration files of ghz.",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly TargetOptions _target = new("files'");
    private readonly Option<string> _out = new("--out") { Description = "File of limits to write.", Required = true };

    public ExpectCommand()
        : base("expect", "Calls a mesh once with each message of the configurations, and writes limits with its answers: experts, shapes and states.")
    {
        Arguments.Add(_configs);
        this.AddOptions([.. _target.All, _out]);
        SetAction(arguments => Run(arguments).GetAwaiter().GetResult());
    }

    private async Task<int> Run(ParseResult arguments)
    {
        var limits = new JsonObject { ["default"] = new JsonObject { ["ok"] = 1, ["fewest"] = 1 } };
        foreach (var path in arguments.GetRequiredValue(_configs))
        {
            var config = _target.Of(LoadConfigReader.Read(path), arguments);
            var name = config.Name.Split(',')[0];
            if (!limits.ContainsKey(name))
            {
                limits[name] = new JsonObject { ["answers"] = await Answers(path, config) };
            }
        }
        var file = arguments.GetRequiredValue(_out);
        await File.WriteAllTextAsync(file, limits.ToJsonString(_json) + "\n");
        Console.WriteLine($"wrote {file}, limits of {limits.Count - 1} {(limits.Count == 2 ? "load" : "loads")}");
        return 0;
    }

    private static async Task<JsonArray> Answers(string file, LoadConfig config)
    {
        var method = MeshMethod.Find(config.Call);
        using var channels = await LoadChannels.Open(config, 1);
        var answers = new JsonArray();
        foreach (var messages in method.CallsOf(config.Messages(method.Descriptor.InputType)))
        {
            try
            {
                answers.Add(ExpectedAnswers.Of(method.Descriptor, await method.Call(channels.Invokers[0], messages, config.CallOptions())));
            }
            catch (RpcException e)
            {
                throw new LoadException($"{file}: message {answers.Count + 1}: {e.StatusCode}: {e.Status.Detail}{e.RequestOf()}");
            }
        }
        return answers;
    }
}
