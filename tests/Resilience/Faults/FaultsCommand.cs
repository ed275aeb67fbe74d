using System.CommandLine;
using System.Diagnostics;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.ServicesUnderTest;
using static MedMoE.Mesh.ServicesUnderTest.Signals;

namespace MedMoE.Mesh.Resilience.Faults;

/// <summary><c>faults</c>: kills, pauses and stops every service under load, and prints a table of failed calls.</summary>
internal sealed class FaultsCommand : Command
{
    private static readonly TimeSpan _warm = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _slow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _watched = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<string, int> _signals = new() { ["kill"] = SigKill, ["term"] = SigTerm, ["stop"] = SigStop };

    private readonly Option<int> _replicas = new("--replicas")
    {
        DefaultValueFactory = _ => 2,
        Description = "Replicas of router, backbone, text encoder and the CT expert.",
    };

    private readonly Option<string[]> _services = new("--services")
    {
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["router", "backbone", "text-encoder", "expert-ct", "gateway"],
        Description = "Which lose their first replica.",
    };

    private readonly Option<string[]> _faults = new("--faults")
    {
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. _signals.Keys],
        Description = "What happens to it: kill, term or stop.",
    };

    private readonly Option<double> _rate = new("--rate")
    {
        DefaultValueFactory = _ => 15,
        Description = "New images and reports per second. Choose less than the mesh analyses on this machine: else calls fail for want of time.",
    };

    private readonly Option<double> _stopped = new("--stopped")
    {
        DefaultValueFactory = _ => 5,
        Description = "Seconds until a stopped process goes on.",
    };

    private readonly Option<double> _deadline = new("--deadline")
    {
        DefaultValueFactory = _ => 8,
        Description = "Seconds that each call may take.",
    };

    public FaultsCommand()
        : base("faults", "Takes a replica of each service away under calls with new images and reports: kill -9, SIGTERM, SIGSTOP.")
    {
        Options.Add(_replicas);
        Options.Add(_services);
        Options.Add(_faults.AcceptOnlyFromAmong([.. _signals.Keys]));
        Options.Add(_rate);
        Options.Add(_deadline);
        Options.Add(_stopped);
        SetAction(async (arguments, cancellation) =>
        {
            await Console.Out.WriteLineAsync(
                "| service | fault | p50 / p99 / longest in ms, failed | longer than 1 s | failing lasted | first good answer | statuses |");
            await Console.Out.WriteLineAsync("| --- | --- | --- | --- | --- | --- | --- |");
            foreach (var service in arguments.GetRequiredValue(_services))
            {
                foreach (var fault in arguments.GetRequiredValue(_faults))
                {
                    await Console.Out.WriteLineAsync($"| {service} | {fault} | {await Measure(service, fault, arguments, cancellation)} |");
                }
            }
            return 0;
        });
    }

    private async Task<string> Measure(string service, string fault, ParseResult arguments, CancellationToken cancellation)
    {
        using var runtime = new TemporaryFolder();
        var replicas = arguments.GetRequiredValue(_replicas);
        var counts = string.Join(',', new[] { "router", "backbone", "text-encoder", "ct" }.Select(name => $"{name}={replicas}"));
        var (mesh, gateway) = await LocalProcess.UpWhole(runtime, "--replicas", counts);
        using var own = mesh;
        using var channel = HonestClient.Open(gateway);
        await using var honest = new HonestClient(
            channel.CreateCallInvoker(),
            TimeSpan.FromSeconds(1 / arguments.GetRequiredValue(_rate)),
            () => HonestClient.Request(MeshLoad.FreshImage(), $"There is a large mass. {Guid.NewGuid()}"),
            TimeSpan.FromSeconds(arguments.GetRequiredValue(_deadline)));
        await Task.Delay(_warm, cancellation);
        var process = mesh.Table.First(row => row.Service == service && row.Number == 1).Pid;
        var begun = Stopwatch.GetTimestamp();
        LocalProcess.Kill(process, _signals[fault]);
        if (_signals[fault] == SigStop)
        {
            await Task.Delay(TimeSpan.FromSeconds(arguments.GetRequiredValue(_stopped)), cancellation);
            LocalProcess.Kill(process, SigContinue);
        }
        await Task.Delay(_watched, cancellation);
        var phase = await honest.Between(begun, Stopwatch.GetTimestamp());
        var slow = phase.Successes.Count(call => call.Took > _slow);
        return $"{phase} | {slow} | {Failing(phase.Failures)} | {Seconds(begun, FirstGood(phase))} | {string.Join("<br>", phase.Told)}";
    }

    private static string Failing(IReadOnlyList<HonestCall> failures) =>
        failures.Count == 0 ? "" : Seconds(failures.Min(call => call.Begun), failures.Max(call => call.Begun));

    /// <summary>The time of recovery: the first success of a call that began after all failed calls had begun.</summary>
    private static long FirstGood(Phase phase)
    {
        var lastFailed = phase.Failures.Select(call => call.Begun).DefaultIfEmpty().Max();
        return phase.Successes.FirstOrDefault(call => call.Begun > lastFailed)?.Ended ?? 0;
    }

    private static string Seconds(long from, long to) => to < from ? "none" : $"{Stopwatch.GetElapsedTime(from, to).TotalSeconds:0.0} s";
}
