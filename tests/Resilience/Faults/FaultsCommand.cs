using System.CommandLine;
using System.Diagnostics;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Resilience.Faults;

/// <summary><c>faults</c>: every service killed, stopped and told to end under load, and a table of the calls that failed.</summary>
internal sealed class FaultsCommand : Command
{
    private const int Kill = 9;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    private static readonly TimeSpan _warm = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _watched = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _stopped = TimeSpan.FromSeconds(5);
    // 15 calls a second.
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(1000.0 / 15);

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

    public FaultsCommand()
        : base("faults", "Takes the first replica of each service away under 15 calls a second, all of new images and reports: kill -9, SIGTERM, SIGSTOP for 5 s.")
    {
        Options.Add(_replicas);
        Options.Add(_services);
        SetAction(async (arguments, cancellation) =>
        {
            await Console.Out.WriteLineAsync("| service | fault | p50 / p99 / longest in ms, failed | failing lasted | first good answer | statuses |\n| --- | --- | --- | --- | --- | --- |");
            foreach (var service in arguments.GetRequiredValue(_services))
            {
                foreach (var (fault, signal) in new[] { ("kill -9", Kill), ("SIGTERM", Terminate), ("SIGSTOP", Stop) })
                {
                    await Console.Out.WriteLineAsync($"| {service} | {fault} | {await Measure(service, signal, arguments.GetRequiredValue(_replicas), cancellation)} |");
                }
            }
            return 0;
        });
    }

    private static async Task<string> Measure(string service, int signal, int replicas, CancellationToken cancellation)
    {
        using var runtime = new TemporaryFolder();
        var (mesh, gateway) = await LocalProcess.UpWhole(runtime, "--replicas", $"router={replicas},backbone={replicas},text-encoder={replicas},ct={replicas}");
        using var own = mesh;
        await using var honest = new HonestClient(gateway, _interval, () => new AnalyzeRequest
        {
            Image = MeshLoad.FreshImage(),
            Report = $"There is a large mass. {Guid.NewGuid()}",
            Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" },
        });
        await Task.Delay(_warm, cancellation);
        var process = mesh.Table.First(row => row.Service == service && row.Number == 1).Pid;
        var fault = Stopwatch.GetTimestamp();
        LocalProcess.Kill(process, signal);
        if (signal == Stop)
        {
            await Task.Delay(_stopped, cancellation);
            LocalProcess.Kill(process, Continue);
        }
        await Task.Delay(_watched, cancellation);
        var phase = await honest.Between(fault, Stopwatch.GetTimestamp());
        return $"{phase} | {Failing(phase)} | {Seconds(fault, phase.Successes.FirstOrDefault())} | "
            + string.Join("<br>", phase.Failures.GroupBy(call => $"{call.Status.StatusCode}: {call.Status.Detail}").Select(same => $"{same.Count()} {same.Key}"));
    }

    private static string Failing(Phase phase) => phase.Failures is { Count: > 0 } failures ? Seconds(failures.Min(call => call.Begun), failures.Max(call => call.Begun)) : "";

    private static string Seconds(long from, long to) => to < from ? "none" : $"{Stopwatch.GetElapsedTime(from, to).TotalSeconds:0.0} s";
}
