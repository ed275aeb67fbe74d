using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.ServicesUnderTest.Http2;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire;

namespace MedMoE.Mesh.Resilience.Attacks;

/// <summary>A client that calls from several loopback addresses in parallel.</summary>
/// <param name="gateway">HOST:PORT.</param>
/// <param name="addresses">How many addresses.</param>
internal sealed class Attacker(string gateway, int addresses) : IAsyncDisposable
{
    // So that each connection carries no more calls than when the attacks were found.
    private const int Connections = 20;

    private readonly ConcurrentDictionary<string, int> _told = [];
    private readonly List<RawConnection> _open = [];
    private int _next;

    /// <summary>Answers of the calls, and how often each occurred.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> Told => [.. _told.OrderByDescending(entry => entry.Value)];

    /// <summary>Calls at a rate, until <paramref name="enough"/> is cancelled.</summary>
    public async Task Often(int perSecond, Func<RawConnection, RawCall> call, CancellationToken enough)
    {
        var (started, sent) = (Stopwatch.GetTimestamp(), 0);
        while (!enough.IsCancellationRequested)
        {
            var due = (int)(Stopwatch.GetElapsedTime(started).TotalSeconds * perSecond);
            for (; sent < due; sent++)
            {
                Watch(call(await Connection()));
            }
            await Task.Delay(5, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Opens this number of calls and leaves them until <paramref name="enough"/> is cancelled.</summary>
    public async Task Hold(int calls, Func<RawConnection, RawCall> call, CancellationToken enough)
    {
        for (var i = 0; i < calls; i++)
        {
            Watch(call(await Connection()));
        }
        await Task.Delay(Timeout.Infinite, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Repeats Localize with levels far larger than any image's.</summary>
    public async Task Localize(int callers, int side, int words, CancellationToken enough)
    {
        const int Width = 96;
        WireTensor Zeros(params long[] shape) =>
            WireTensors.FromSingles(new float[shape.Aggregate(1L, (product, side) => product * side)], DataType.Fp16, shape);
        var text = new TextQuery { Sentence = Zeros(Width), WordEmbeddings = Zeros(words, Width) };
        LocalizeRequest[] messages =
        [
            new() { Header = new LocalizeHeader { Texts = { text } } },
            .. Enumerable.Range(0, 4).Select(level => new LocalizeRequest
            {
                Level = new PyramidLevel { Level = level, Features = Zeros(side >> level, side >> level, 32 << level) },
            }),
        ];
        await Repeat(callers, channel => Localize(new ExpertService.ExpertServiceClient(channel), messages, enough), enough);
    }

    /// <summary>Copies memory on every core.</summary>
    public static Task Copy(int bytes, CancellationToken enough) => Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(
        () =>
        {
            var (from, to) = (new byte[bytes], new byte[bytes]);
            while (!enough.IsCancellationRequested)
            {
                from.CopyTo(to, 0);
            }
        },
        CancellationToken.None)));

    /// <summary>Repeats Analyze with images of so many bytes, each a new one.</summary>
    public Task Analyze(int callers, int bytes, CancellationToken enough) => Repeat(
        callers,
        async channel =>
        {
            var request = HonestClient.Request(MeshLoad.FreshImage(bytes), "There is a large mass.");
            try
            {
                await new RouterService.RouterServiceClient(channel).AnalyzeAsync(request, cancellationToken: enough);
                return Status.DefaultSuccess;
            }
            catch (RpcException e)
            {
                return e.Status;
            }
        },
        enough);

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _open)
        {
            await connection.DisposeAsync();
        }
    }

    private static async Task<Status> Localize(ExpertService.ExpertServiceClient expert, LocalizeRequest[] messages, CancellationToken enough)
    {
        using var call = expert.Localize(new Metadata { { "medmoe-service", "experts/ct" } }, cancellationToken: enough);
        async Task Send()
        {
            foreach (var message in messages)
            {
                await call.RequestStream.WriteAsync(message, enough);
            }
            await call.RequestStream.CompleteAsync();
        }
        var sending = Send();
        try
        {
            // The answer may arrive before everything has been sent; a pending write then need not end.
            await call.ResponseAsync;
            await sending;
            return Status.DefaultSuccess;
        }
        catch (RpcException e)
        {
            _ = sending.ContinueWith(late => late.Exception, TaskScheduler.Default);
            return e.Status;
        }
    }

    /// <summary>Calls in so many closed loops, each on a connection of its own.</summary>
    private Task Repeat(int callers, Func<GrpcChannel, Task<Status>> call, CancellationToken enough) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(i => Task.Run(
            async () =>
            {
                var from = new LoopbackAddress(Address(i));
                using var channel = GrpcChannel.ForAddress($"http://{gateway}", new GrpcChannelOptions
                {
                    HttpHandler = new SocketsHttpHandler { ConnectCallback = from.Connect },
                });
                while (!enough.IsCancellationRequested)
                {
                    Count(await call(channel));
                }
            },
            CancellationToken.None)));

    private async Task<RawConnection> Connection()
    {
        if (_open.Count < Math.Max(Connections, addresses))
        {
            _open.Add(await RawConnection.Open(gateway, Address(_open.Count)));
        }
        return _open[_next++ % _open.Count];
    }

    private IPAddress Address(int i) => new([127, 0, 1, (byte)(1 + (i % addresses))]);

    private void Watch(RawCall call) => call.Ended.ContinueWith(
        ended => Count(ended.Result), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private void Count(RawAnswer answer) => Count(
        answer.Code is { } code ? $"{code}: {answer.Message}" : answer.Reset is { } reset ? $"reset {reset}" : "no status");

    private void Count(Status status) => Count($"{status.StatusCode}: {status.Detail}");

    private void Count(string told) => _told.AddOrUpdate(told, 1, (_, count) => count + 1);
}
