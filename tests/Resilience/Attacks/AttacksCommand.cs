using System.CommandLine;
using System.Diagnostics;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Resilience.Attacks;

/// <summary><c>attacks</c>: runs each attack on its own mesh, and prints a table of the effect on an honest client.</summary>
internal sealed class AttacksCommand : Command
{
    public const string Heading = "| attack | addresses | before | during | after | honest streams lost | most calls were told |";

    private static readonly TimeSpan _warm = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(10);
    // As long as the attack: a p99 of fewer calls would be of another kind.
    private static readonly TimeSpan _before = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _during = _before;
    private static readonly TimeSpan _after = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _knownInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _freshInterval = TimeSpan.FromMilliseconds(200);

    private readonly Argument<string[]> _names = new("NAME")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = $"Which: {string.Join(", ", Attack.All.Select(attack => attack.Name))}. Default: all.",
    };

    private readonly Option<int[]> _addresses = new("--addresses")
    {
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1, 20],
        Description = "From how many addresses each is done.",
    };

    public AttacksCommand()
        : base("attacks", "Attacks a whole mesh, and prints what an honest client beside it felt: p50 / p99 / longest in ms, errors of calls.")
    {
        Arguments.Add(_names);
        Options.Add(_addresses);
        _names.AcceptOnlyFromAmong([.. Attack.All.Select(attack => attack.Name)]);
        SetAction(async (arguments, cancellation) =>
        {
            var names = arguments.GetValue(_names) is { Length: > 0 } some ? some : [.. Attack.All.Select(attack => attack.Name)];
            await Console.Out.WriteLineAsync(Heading);
            await Console.Out.WriteLineAsync("| --- | --- | --- | --- | --- | --- | --- |");
            foreach (var attack in Attack.All.Where(attack => names.Contains(attack.Name)))
            {
                foreach (var addresses in arguments.GetRequiredValue(_addresses))
                {
                    using var runtime = new TemporaryFolder();
                    var (mesh, gateway) = await LocalProcess.UpWhole(runtime, "--replicas", "backbone=2,ct=2,router=2");
                    using var own = mesh;
                    await Console.Out.WriteLineAsync(await Measure(attack, gateway, addresses, cancellation));
                }
            }
            return 0;
        });
    }

    /// <summary>Attacks a mesh that has just started.</summary>
    /// <returns>A row of <see cref="Heading"/>.</returns>
    public static async Task<string> Measure(Attack attack, string gateway, int addresses, CancellationToken cancellation)
    {
        using var channel = HonestClient.Open(gateway);
        var known = MeshLoad.FreshImage();
        await using var honest = new HonestClient(
            channel.CreateCallInvoker(),
            attack.Images is null ? _knownInterval : _freshInterval,
            () => HonestClient.Request(attack.Images?.Invoke() ?? known, "There is a large mass."));
        // A new mesh still compiles its code while it answers, also that of refusals, so it is attacked once before.
        await Task.Delay(_rest, cancellation);
        await Run(attack, gateway, addresses, _warm, cancellation);
        await Task.Delay(_rest, cancellation);
        var start = Stopwatch.GetTimestamp();
        await Task.Delay(_before, cancellation);
        var begun = Stopwatch.GetTimestamp();
        var told = await Run(attack, gateway, addresses, _during, cancellation);
        var ended = Stopwatch.GetTimestamp();
        await Task.Delay(_after, cancellation);
        var end = Stopwatch.GetTimestamp();
        var (before, during, after) = (await honest.Between(start, begun), await honest.Between(begun, ended), await honest.Between(ended, end));
        foreach (var failure in before.Failures.Concat(during.Failures).Concat(after.Failures).Take(3))
        {
            await Console.Error.WriteLineAsync($"{attack.Name} from {addresses}: {failure.Status} after {failure.Took.TotalMilliseconds:0} ms");
        }
        foreach (var lost in honest.LostStreams)
        {
            await Console.Error.WriteLineAsync($"{attack.Name} from {addresses}: a stream: {lost}");
        }
        var cell = told.TrimEnd().Replace("\n", "<br>", StringComparison.Ordinal);
        return $"| {attack.Does} | {addresses} | {before} | {during} | {after} | {honest.LostStreams.Count} | {cell} |";
    }

    /// <summary>Attacks for some time in a separate process, and returns the answers of its calls.</summary>
    private static async Task<string> Run(Attack attack, string gateway, int addresses, TimeSpan time, CancellationToken cancellation)
    {
        // With lower CPU priority than the mesh: a real attacker has its own machine.
        using var attacker = Process.Start(new ProcessStartInfo(
            "nice", ["dotnet", typeof(Attack).Assembly.Location, AttackCommand.Verb, attack.Name, gateway, $"{addresses}"])
        { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await Task.Delay(time, cancellation);
        attacker.StandardInput.Close();
        var told = await attacker.StandardOutput.ReadToEndAsync(cancellation);
        await attacker.WaitForExitAsync(cancellation);
        return told;
    }
}
