using System.CommandLine;
using MedMoE.Mesh.Bench.Peer;
using MedMoE.Mesh.Bundle;
using MedMoE.Mesh.Commands;
using MedMoE.Mesh.Measuring;
using MedMoE.Mesh.Reference;

namespace MedMoE.Mesh.Bench;

/// <summary><c>bench</c>: measures networks, one process and a mesh in turn, and prints tables.</summary>
internal sealed class BenchCommand : Command
{
    private const string Demo = "demo";
    private const double QuickSeconds = 0.3;

    // Threads of the one before have stopped spinning then.
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(400);

    private readonly Option<string?> _bundle = new("--bundle")
    {
        Description = "Folder of the model bundle, or demo. Default: one of the paper's size, 600 MB, with weights by formula; made when needed.",
        HelpName = "DIR",
    };

    private readonly Option<bool> _quick = new("--quick") { Description = "One round of short measurements: shows that it works, not how fast." };

    private readonly Option<int> _rounds = new("--rounds") { Description = "How often each is measured, in turn.", DefaultValueFactory = _ => 5 };

    private readonly Option<int> _seconds = new("--seconds")
    {
        Description = "How long each is measured in a round.",
        DefaultValueFactory = _ => 3,
    };

    private readonly Option<string?> _json = new("--json") { Description = "File for all figures of all rounds.", HelpName = "FILE" };

    public BenchCommand()
        : base("bench", "Measures networks, one process and a mesh on this machine in turn, beside ONNX Runtime; prints Markdown.")
    {
        this.AddOptions(_quick, _json, _bundle, _rounds, _seconds);
        _rounds.RequireAtLeast(1, most: 1000);
        _seconds.RequireAtLeast(1, most: 3600);
        SetAction(Run);
    }

    private async Task Run(ParseResult arguments, CancellationToken cancellation)
    {
        var quick = arguments.GetValue(_quick);
        var (rounds, seconds) = quick ? (1, QuickSeconds) : (arguments.GetValue(_rounds), arguments.GetValue(_seconds));
        var folder = BundleFolder(arguments.GetValue(_bundle));
        var bundle = ModelBundle.Open(folder);
        // Before minutes of work.
        using var json = arguments.GetValue(_json) is { } file ? File.CreateText(file) : null;
        var image = await File.ReadAllBytesAsync(Golden.PathOf("preprocessing", "gray8_512x640.png"), cancellation);
        var networks = Workload.Networks(bundle, image);
        using var mesh = await MeasuredMesh.Start(folder, image);
        IReadOnlyList<ICase> cases = [.. networks, .. mesh.Cases];
        var figures = new Figures();
        // Round 0: what is run for the first time is compiled, and memory is got.
        for (var round = quick ? 1 : 0; round <= rounds; round++)
        {
            Console.Error.WriteLine(round == 0 ? "mesh: warming up" : $"mesh: round {round} of {rounds}");
            foreach (var measured in cases)
            {
                await Task.Delay(_pause, cancellation);
                var values = await measured.Measure(TimeSpan.FromSeconds(round == 0 ? seconds / 3 : seconds), cancellation);
                if (round > 0)
                {
                    figures.Add(measured.Name, values);
                }
            }
        }
        var result = new BenchResult(
            typeof(BenchCommand).Assembly.GetName().Version!.ToString(3), DateTime.UtcNow, Machine.This(),
            networks.Any(network => network.Name == Workload.Of(Workload.Onnx, 1)) ? OnnxSwin.Version : null,
            $"{bundle.Manifest.Name}/{bundle.Manifest.Version}", seconds, figures, mesh.PeakMemory);
        Console.Out.Write(BenchTables.Of(result));
        if (json is not null)
        {
            await json.WriteLineAsync(result.ToJson());
        }
        foreach (var network in networks)
        {
            network.Dispose();
        }
    }

    private static string BundleFolder(string? given)
    {
        if (given is not null)
        {
            return given == Demo ? ModelOption.DemoBundle : given;
        }
        var made = Path.Combine(Golden.Repository, "artifacts", "full-size-bundle");
        if (!Directory.Exists(made))
        {
            Console.Error.WriteLine("mesh: making a bundle of the paper's size, 600 MB, in artifacts/full-size-bundle");
            // Beside it, so that one that was not finished is never taken for it.
            var part = $"{made}.{Environment.ProcessId}";
            FullSize.Write(part);
            Directory.Move(part, made);
        }
        return made;
    }
}
