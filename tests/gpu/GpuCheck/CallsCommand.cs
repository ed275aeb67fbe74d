using System.CommandLine;
using MedMoE.Mesh.Measuring.Calls;

namespace MedMoE.Mesh.GpuCheck;

/// <summary>
/// Calls a running mesh in closed loops: reads one order per line from standard input, and writes one line of results for each, until the input ends.
/// </summary>
internal sealed class CallsCommand : Command
{
    private readonly Option<string> _server = new("--server") { Description = "HOST:PORT of the gateway.", Required = true };

    private readonly Option<string> _image = new("--image") { Description = "PNG to send.", Required = true };

    public CallsCommand()
        : base("calls", "Calls a running mesh: orders from standard input, one line of JSON each.")
    {
        Options.Add(_server);
        Options.Add(_image);
        SetAction(Run);
    }

    private async Task Run(ParseResult arguments, CancellationToken cancellation)
    {
        using var mesh = new MeshCalls(arguments.GetRequiredValue(_server), File.ReadAllBytes(arguments.GetRequiredValue(_image)));
        while (await Console.In.ReadLineAsync(cancellation) is { } line)
        {
            JsonLine.Write(await mesh.Run(JsonLine.Read<CallOrder>(line), cancellation));
        }
    }
}
