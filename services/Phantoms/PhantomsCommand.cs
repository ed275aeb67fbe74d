using System.CommandLine;
using MedMoE.Mesh.Commands;

namespace MedMoE.Mesh.Phantoms;

/// <summary><c>mesh phantoms</c>: synthetic studies with reports and ground truth.</summary>
internal sealed class PhantomsCommand : Command
{
    private readonly Option<string> _out = new("--out") { Description = "Folder to create; must not exist, or be empty.", Required = true };
    private readonly Option<int> _count = new("--count") { Description = "Number of studies.", Required = true };
    private readonly Option<int> _seed = new("--seed") { Description = "The same seed gives the same bytes.", Required = true };
    private readonly Option<string[]> _types = new Option<string[]>("--types")
    {
        Description = $"Report types; studies alternate between them. Default: {string.Join(',', StudyType.Names)}.",
    }.Listed(StudyType.Names);
    private readonly Option<int> _shards = new("--shards") { Description = "Additional WebDataset tar shards.", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _size = new("--size") { Description = "Pixels on each side.", DefaultValueFactory = _ => 224 };

    public PhantomsCommand()
        : base("phantoms", "Makes synthetic studies of four report types, with reports, masks and boxes, to try training on; not for clinical use.")
    {
        this.AddOptions(_out, _count, _seed, _types, _shards, _size);
        SetAction(async (arguments, cancellation) =>
        {
            var request = new PhantomRequest(
                arguments.GetRequiredValue(_out),
                arguments.GetRequiredValue(_count),
                arguments.GetRequiredValue(_seed),
                arguments.GetValue(_types) is { Length: > 0 } names
                    ? [.. names.Select(name => StudyType.All.Single(t => t.Name == name))] : StudyType.All,
                arguments.GetValue(_shards),
                arguments.GetValue(_size));
            try
            {
                await Task.Run(() => PhantomSet.Make(request, Progress(request.Count), cancellation), cancellation);
            }
            catch (OperationCanceledException)
            {
                Console.Error.WriteLine($"mesh: stopped; {request.Out} was not created");
                return CommandHost.Interrupted;
            }
            Console.Out.WriteLine($"made {request.Count} studies in {request.Out}");
            return 0;
        });
    }

    /// <summary>A progress counter that rewrites its line, for interactive use only.</summary>
    private static Action<int> Progress(int count) => made =>
    {
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write(made < count ? $"\r{made} of {count}" : "\r                    \r");
        }
    };
}
