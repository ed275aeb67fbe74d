using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MedMoE.Mesh.Serving.Access;
using MedMoE.Mesh.Serving.Sharing;
using MedMoE.Mesh.ServicesUnderTest;

namespace MedMoE.Mesh.Resilience.Shares;

/// <summary>
/// <c>shares</c>: what a caller with a key feels of another one that asks for ten times its share. The share of one of two equal callers is half of
/// the new images that the mesh analyses a second, which is measured first.
/// </summary>
internal sealed class SharesCommand : Command
{
    private const string Honest = "honest";
    private const int Times = 10;
    private const int Rounds = 3;

    private static readonly TimeSpan _warm = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _round = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(10);
    private static readonly string[] _rights = ["infer"];

    private static readonly Greedy[] _greedy =
    [
        new("open", "no limit of its own", _ => new CallerEntry("greedy", _rights)),
        new("closed", "the same, 256 calls at once", _ => new CallerEntry("greedy", _rights), IsOpen: false),
        new("sheddable", "`priority`: `sheddable`", _ => new CallerEntry("greedy", _rights, Priority: CallerShare.Sheddable)),
        new("few", "`max_calls`: 8", _ => new CallerEntry("greedy", _rights, MaxCalls: 8)),
        new("limited", "`calls_per_second`: its share", share => new CallerEntry("greedy", _rights, CallsPerSecond: share)),
    ];

    private readonly Argument<string[]> _names = new("NAME")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = $"What the greedy caller is like: {string.Join(", ", _greedy.Select(greedy => greedy.Name))}. Default: each in turn.",
    };

    private readonly Option<string[]> _settings = new("--set")
    {
        DefaultValueFactory = _ => [],
        Description = "A setting for all services, as KEY=VALUE.",
    };

    public SharesCommand()
        : base("shares", "What a caller feels of another at ten times its share: p50 / p99 / longest in ms, errors of calls, alone and beside it.")
    {
        Arguments.Add(_names);
        Options.Add(_settings);
        _names.AcceptOnlyFromAmong([.. _greedy.Select(greedy => greedy.Name)]);
        SetAction(async (arguments, cancellation) =>
        {
            var settings = arguments.GetRequiredValue(_settings);
            var share = await Share(settings, cancellation);
            await Console.Out.WriteLineAsync($"The share of each is {share} new images a second. The honest one asks for half of it.");
            await Console.Out.WriteLineAsync(
                "| greedy caller | asks for | alone | beside it | p50, p99: times | inside alone | inside beside it | it was told |");
            await Console.Out.WriteLineAsync("| --- | --- | --- | --- | --- | --- | --- | --- |");
            foreach (var greedy in _greedy.Where(greedy => arguments.GetValue(_names) is not { Length: > 0 } some || some.Contains(greedy.Name)))
            {
                await Console.Out.WriteLineAsync(await Measure(greedy, settings, share, cancellation));
            }
            return 0;
        });
    }

    private static async Task<string> Measure(Greedy greedy, string[] settings, int share, CancellationToken cancellation)
    {
        var (caller, isOpen) = (greedy.Caller(share), greedy.IsOpen);
        using var mesh = await SecureMesh.Start(settings, new CallerEntry(Honest, _rights), caller);
        string[] load = isOpen ? ["--rate", Text(Times * share)] : ["--at-once", "256"];
        using var calls = new GreedyCaller(mesh.Gateway, mesh.Of(caller.Name), load);

        var connection = mesh.Of(Honest);
        using var channel = connection.Open(await connection.Reach(mesh.Gateway, _timeout));
        await using var honest = new HonestClient(
            connection.Calls(channel), TimeSpan.FromSeconds(2.0 / share),
            () => HonestClient.Request(MeshLoad.FreshImage(), "There is a large mass."));
        // A new mesh still compiles its code while it answers, also that of refusals.
        await calls.Call(_warm, cancellation);
        List<Phase> alone = [], beside = [];
        IReadOnlyList<string> told = [];
        for (var round = 0; round < Rounds; round++)
        {
            await Task.Delay(_pause, cancellation);
            var quiet = Stopwatch.GetTimestamp();
            await Task.Delay(_round, cancellation);
            var begun = Stopwatch.GetTimestamp();
            told = await calls.Call(_round, cancellation);
            var ended = Stopwatch.GetTimestamp();
            alone.Add(await honest.Between(quiet, begun));
            beside.Add(await honest.Between(begun, ended));
        }
        var (before, during) = (Phase.Of(alone), Phase.Of(beside));
        foreach (var failed in during.Told)
        {
            await Console.Error.WriteLineAsync($"honest, beside {greedy.Name}: {failed}");
        }
        var times = Text($"{during.Quantile(0.5) / before.Quantile(0.5):0.00}, {during.Quantile(0.99) / before.Quantile(0.99):0.00}");
        var asks = isOpen ? Text($"{Times} × {share}/s") : "all it gets";
        return $"| {greedy.Does} | {asks} | {before} | {during} | {times} | {before.Inside} | {during.Inside} | {string.Join("<br>", told)} |";
    }

    /// <summary>Half of the new images a second that one caller gets answered.</summary>
    private static async Task<int> Share(string[] settings, CancellationToken cancellation)
    {
        using var mesh = await SecureMesh.Start(settings, new CallerEntry(Honest, _rights));
        using var calls = new GreedyCaller(mesh.Gateway, mesh.Of(Honest), "--at-once", "16");
        await calls.Call(_warm, cancellation);
        var answered = (await calls.Call(_warm, cancellation)).Single(line => line.EndsWith("OK", StringComparison.Ordinal));
        return (int)Math.Round(double.Parse(answered[..answered.IndexOf('/', StringComparison.Ordinal)], CultureInfo.InvariantCulture) / 2);
    }

    /// <param name="Name">On the command line.</param>
    /// <param name="Does">For the table.</param>
    /// <param name="Caller">Its entry in the list of callers, for the share that was measured.</param>
    /// <param name="IsOpen">Whether it asks for ten times its share, or has many calls at once.</param>
    private sealed record Greedy(string Name, string Does, Func<int, CallerEntry> Caller, bool IsOpen = true);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
