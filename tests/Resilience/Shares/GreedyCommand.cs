using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using MedMoE.Mesh.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Resilience.Shares;

/// <summary>
/// <c>greedy</c>: calls Analyze with new images from one line of standard input to the next, prints how many calls a second ended how and an empty
/// line, and begins again with the line after it.
/// </summary>
internal sealed class GreedyCommand : Command
{
    public const string Verb = "greedy";

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(10);

    private readonly Argument<string> _gateway = new("HOST:PORT") { Description = "The mesh's gateway." };
    private readonly Option<int> _rate = new("--rate") { Description = "Calls a second, whether or not earlier ones have ended (an open loop)." };
    private readonly Option<int> _atOnce = new("--at-once")
    {
        Description = "Calls at once instead, each begun when another has ended (a closed loop).",
    };

    private readonly ConnectionOptions _connection = new();
    private readonly ConcurrentDictionary<string, int> _ended = [];

    public GreedyCommand()
        : base(Verb, "Calls a mesh with new images from one line of standard input to the next.")
    {
        Arguments.Add(_gateway);
        foreach (var option in new Option[] { _rate, _atOnce }.Concat(_connection.All))
        {
            Options.Add(option);
        }
        SetAction(Run);
    }

    private async Task<int> Run(ParseResult arguments, CancellationToken cancellation)
    {
        var connection = _connection.Read(arguments);
        using var channel = connection.Open(await connection.Reach(arguments.GetRequiredValue(_gateway), _timeout));
        var router = new RouterService.RouterServiceClient(connection.Calls(channel));
        while (await Console.In.ReadLineAsync(cancellation) is not null)
        {
            await Load(router, arguments, cancellation);
        }
        return 0;
    }

    private async Task Load(RouterService.RouterServiceClient router, ParseResult arguments, CancellationToken cancellation)
    {
        _ended.Clear();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var started = Stopwatch.GetTimestamp();
        var calling = Task.Run(
            () => arguments.GetValue(_atOnce) is > 0 and var atOnce
                ? Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Repeat(router, enough.Token)))
                : Often(router, arguments.GetValue(_rate), enough.Token),
            CancellationToken.None);
        await Console.In.ReadLineAsync(cancellation);
        await enough.CancelAsync();
        await calling;
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        foreach (var (how, calls) in _ended.OrderByDescending(entry => entry.Value).Take(4))
        {
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{calls / seconds:0.0}/s {how}"));
        }
        await Console.Out.WriteLineAsync();
    }

    private async Task Repeat(RouterService.RouterServiceClient router, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            await Call(router, enough);
        }
    }

    private async Task Often(RouterService.RouterServiceClient router, int perSecond, CancellationToken enough)
    {
        var (started, running) = (Stopwatch.GetTimestamp(), new List<Task>());
        while (!enough.IsCancellationRequested)
        {
            var due = (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * perSecond);
            while (running.Count < due)
            {
                running.Add(Task.Run(() => Call(router, enough), CancellationToken.None));
            }
            await Task.Delay(5, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(running);
    }

    private async Task Call(RouterService.RouterServiceClient router, CancellationToken enough)
    {
        var ended = nameof(StatusCode.OK);
        try
        {
            var request = HonestClient.Request(MeshLoad.FreshImage(), "There is a large mass.");
            await router.AnalyzeAsync(request, deadline: DateTime.UtcNow + _deadline, cancellationToken: enough);
        }
        catch (RpcException e)
        {
            ended = $"{e.StatusCode}: {e.Status.Detail}";
        }
        if (!enough.IsCancellationRequested)
        {
            _ended.AddOrUpdate(ended, 1, (_, count) => count + 1);
        }
    }
}
