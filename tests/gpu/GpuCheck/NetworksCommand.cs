using System.CommandLine;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Measuring.Networks;

namespace MedMoE.Mesh.GpuCheck;

/// <summary>Measures networks: reads one order per line from standard input, and writes one line of results for each, until the input ends.</summary>
internal sealed class NetworksCommand : Command
{
    private readonly Option<string> _device = new("--device") { Description = "cpu or cuda:N.", DefaultValueFactory = _ => "cpu" };

    private readonly Option<string> _bundle = new("--bundle") { Description = "Folder of the bundle.", Required = true };

    private readonly Option<string> _image = new("--image") { Description = "PNG or JPEG that the chain decodes.", Required = true };

    public NetworksCommand()
        : base("networks", "Times networks: orders from standard input, one line of JSON each.")
    {
        Option[] options = [_device, _bundle, _image];
        foreach (var option in options)
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private void Run(ParseResult arguments)
    {
        using var bench = new NetworkBench(
            ModelBundle.Open(arguments.GetRequiredValue(_bundle)), arguments.GetRequiredValue(_device),
            File.ReadAllBytes(arguments.GetRequiredValue(_image)));
        while (Console.In.ReadLine() is { } line)
        {
            JsonLine.Write(bench.Run(JsonLine.Read<Order>(line)));
        }
    }
}
