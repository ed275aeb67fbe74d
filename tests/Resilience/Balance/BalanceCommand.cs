using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using MedMoE.Mesh.Reference;
using MedMoE.Mesh.Serving.Endpoints;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Catalog;
using MedMoE.Mesh.Wire.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace MedMoE.Mesh.Resilience.Balance;

/// <summary><c>balance</c>: four replicas of the text encoder, one of them made slow, asked by the mesh's choice of replicas and in turn.</summary>
internal sealed class BalanceCommand : Command
{
    private const int Replicas = 4;
    private const int Rounds = 3;

    // Of several texts, so that a call takes longer than its way.
    private const int Texts = 8;

    private static readonly TimeSpan _phase = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _settling = TimeSpan.FromSeconds(10);

    private readonly Option<double> _rate = new("--rate") { DefaultValueFactory = _ => 20, Description = "Calls per second." };

    public BalanceCommand()
        : base("balance", "Latency of text encoders of which one is five times slower, and the shares of calls when three become six.")
    {
        Options.Add(_rate);
        SetAction(async (arguments, cancellation) =>
        {
            using var runtime = new TemporaryFolder();
            using var mesh = LocalProcess.Run(runtime, "up", "--only", "text-encoder", "--replicas", "text-encoder=6");
            await mesh.UntilReady("ready");
            var replicas = mesh.Table.Where(row => row.Service == "text-encoder").ToArray();
            var rate = arguments.GetValue(_rate);
            await PrintSlow(replicas[..Replicas], rate, cancellation);
            await PrintGrowing(replicas, rate, cancellation);
            return 0;
        });
    }

    private static async Task PrintSlow(LocalProcess.Row[] replicas, double rate, CancellationToken cancellation)
    {
        using var byLoad = ByLoad(new EndpointSetting(At(replicas)));
        using var inTurn = InTurn(replicas);
        (string Name, CallInvoker Calls)[] choices =
            [("in turn", inTurn.CreateCallInvoker()), ("by load", byLoad.Of(MeshService.TextEncoder))];
        var took = new Dictionary<(string Choice, bool IsSlow), List<double>>();
        var shares = new Dictionary<(string Choice, bool IsSlow), List<double>>();
        foreach (var (_, calls) in choices)
        {
            await Run(calls, rate, _settling, cancellation);
        }
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (name, calls) in choices)
            {
                await Measure(name, calls, isSlow: false);
                await using (new SlowedProcess(replicas[0].Pid))
                {
                    await Run(calls, rate, _settling, cancellation);
                    await Measure(name, calls, isSlow: true);
                }
                await Run(calls, rate, _settling, cancellation);
            }
        }
        await Console.Out.WriteLineAsync("| choice | replicas | p50 / p99 / longest in ms | p99 over that of all fast | share of the slow one |");
        await Console.Out.WriteLineAsync("| --- | --- | --- | --- | --- |");
        foreach (var (name, _) in choices)
        {
            var fast = P99(took[(name, false)]);
            foreach (var isSlow in (bool[])[false, true])
            {
                var times = took[(name, isSlow)];
                await Console.Out.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {(isSlow ? "one slow" : "all fast")} | {Quantile(times, 0.5):0} / {P99(times):0} / {times.Max():0} | "
                    + $"{P99(times) / fast:0.00} | {shares[(name, isSlow)].Average():P1} |"));
            }
        }

        async Task Measure(string name, CallInvoker calls, bool isSlow)
        {
            var before = await Counts(replicas);
            var times = await Run(calls, rate, _phase, cancellation);
            var counts = (await Counts(replicas)).Zip(before, (a, b) => a - b).ToArray();
            if (!took.TryGetValue((name, isSlow), out var all))
            {
                took[(name, isSlow)] = all = [];
                shares[(name, isSlow)] = [];
            }
            all.AddRange(times);
            shares[(name, isSlow)].Add(counts[0] / counts.Sum());
        }
    }

    private static async Task PrintGrowing(LocalProcess.Row[] replicas, double rate, CancellationToken cancellation)
    {
        var setting = new EndpointSetting(At(replicas[..3]));
        using var byLoad = ByLoad(setting);
        var calls = byLoad.Of(MeshService.TextEncoder);
        await Run(calls, rate, _settling, cancellation);
        setting.Change(At(replicas));
        await Run(calls, rate, _settling, cancellation);
        var before = await Counts(replicas);
        await Run(calls, rate, 4 * _phase, cancellation);
        var counts = (await Counts(replicas)).Zip(before, (a, b) => a - b).ToArray();
        await Console.Out.WriteLineAsync(
            $"\nThree became six; from {_settling.TotalSeconds:0} s later on their shares were "
            + $"{string.Join(", ", counts.Select(count => (count / counts.Sum()).ToString("P1", CultureInfo.InvariantCulture)))}.");
    }

    /// <summary>The milliseconds of calls that begin at a fixed rate, whether or not others have ended.</summary>
    private static async Task<double[]> Run(CallInvoker calls, double rate, TimeSpan length, CancellationToken cancellation)
    {
        var (client, started, running) = (new TextEncoderService.TextEncoderServiceClient(calls), Stopwatch.GetTimestamp(), new List<Task<double>>());
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / rate));
        while (Stopwatch.GetElapsedTime(started) < length)
        {
            running.Add(Task.Run(Call, cancellation));
            await timer.WaitForNextTickAsync(cancellation);
        }
        return await Task.WhenAll(running);

        async Task<double> Call()
        {
            var begun = Stopwatch.GetTimestamp();
            await client.EncodeAsync(
                new EncodeRequest { Texts = { Enumerable.Range(0, Texts).Select(_ => $"There is a large mass. {Guid.NewGuid()}") } },
                cancellationToken: cancellation);
            return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }
    }

    private static MeshChannels ByLoad(EndpointSetting endpoints) => new(endpoints, MeshTransport.Plain, NullLoggerFactory.Instance);

    private static GrpcChannel InTurn(IEnumerable<LocalProcess.Row> replicas) => GrpcChannel.ForAddress("static:///replicas", new GrpcChannelOptions
    {
        Credentials = ChannelCredentials.Insecure,
        ServiceProvider = new ServiceCollection()
            .AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => [.. replicas.Select(row => new Uri($"http://{row.Grpc}")).Select(
                address => new BalancerAddress(address.Host, address.Port))]))
            .BuildServiceProvider(),
        ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } },
    });

    private static EndpointOptions At(IEnumerable<LocalProcess.Row> replicas) => new()
    {
        Services = new Dictionary<string, string> { [MeshService.TextEncoder.Name] = string.Join(',', replicas.Select(row => row.Grpc)) },
    };

    /// <summary>The calls that each replica has answered.</summary>
    private static Task<double[]> Counts(IEnumerable<LocalProcess.Row> replicas) =>
        Task.WhenAll(replicas.Select(row => ServiceMetric.Answered(row.Http, "Encode")));

    private static double P99(IEnumerable<double> values) => Quantile(values, 0.99);

    private static double Quantile(IEnumerable<double> values, double q) => Measured.Quantile([.. values.Order()], q);
}
