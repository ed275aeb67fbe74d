using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Resilience;

/// <summary>
/// A well-behaved client: starts calls at a fixed interval even if earlier ones are running (an open loop), keeps a stream open that echoes an item
/// twice a second, and records how each call ended.
/// </summary>
internal sealed class HonestClient : IAsyncDisposable
{
    private static readonly TimeSpan _itemInterval = TimeSpan.FromMilliseconds(500);

    private readonly RouterService.RouterServiceClient _router;
    private readonly TimeSpan _deadline;
    private readonly Func<AnalyzeRequest> _request;
    private readonly ConcurrentQueue<Task<HonestCall>> _calls = [];
    private readonly CancellationTokenSource _enough = new();
    private readonly Task[] _work;

    /// <param name="calls">Of a channel to the gateway.</param>
    /// <param name="interval">Time between the starts of two calls.</param>
    /// <param name="request">Makes each call's request.</param>
    /// <param name="deadline">What each call may take; 8 s if not given.</param>
    public HonestClient(CallInvoker calls, TimeSpan interval, Func<AnalyzeRequest> request, TimeSpan? deadline = null)
    {
        _deadline = deadline ?? TimeSpan.FromSeconds(8);
        _router = new(calls);
        _request = request;
        _work = [Task.Run(() => CallOften(interval)), Task.Run(KeepStream)];
    }

    /// <summary>A channel to HOST:PORT without TLS that reconnects quickly, to measure the mesh's downtime and not the client's back-off.</summary>
    public static GrpcChannel Open(string gateway) => GrpcChannel.ForAddress($"http://{gateway}", new GrpcChannelOptions
    {
        InitialReconnectBackoff = TimeSpan.FromMilliseconds(50),
        MaxReconnectBackoff = TimeSpan.FromMilliseconds(100),
    });

    /// <summary>A request to the CT expert.</summary>
    public static AnalyzeRequest Request(Image image, string report) =>
        new() { Image = image, Report = report, Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" } };

    /// <summary>Streams that ended too early, with their status.</summary>
    public ConcurrentQueue<Status> LostStreams { get; } = [];

    /// <summary>The calls started in an interval, after they have ended.</summary>
    public async Task<Phase> Between(long from, long to) =>
        new(await Task.WhenAll(_calls.ToArray()) is var calls ? [.. calls.Where(call => call.Begun >= from && call.Begun < to)] : []);

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_work);
        await Task.WhenAll(_calls);
        _enough.Dispose();
    }

    private async Task CallOften(TimeSpan interval)
    {
        using var timer = new PeriodicTimer(interval);
        while (!_enough.IsCancellationRequested)
        {
            _calls.Enqueue(Task.Run(Call));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private async Task<HonestCall> Call()
    {
        var begun = Stopwatch.GetTimestamp();
        try
        {
            var answer = await _router.AnalyzeAsync(_request(), deadline: DateTime.UtcNow + _deadline);
            return new HonestCall(begun, Stopwatch.GetElapsedTime(begun), Status.DefaultSuccess, answer.BackboneTiming, answer.ExpertTiming);
        }
        catch (RpcException e)
        {
            return new HonestCall(begun, Stopwatch.GetElapsedTime(begun), e.Status);
        }
    }

    private async Task KeepStream()
    {
        var request = _request();
        while (!_enough.IsCancellationRequested)
        {
            try
            {
                using var call = _router.AnalyzeStream();
                while (!_enough.IsCancellationRequested)
                {
                    await call.RequestStream.WriteAsync(new AnalyzeStreamRequest { RequestId = "honest", Request = request });
                    if (!await call.ResponseStream.MoveNext(CancellationToken.None))
                    {
                        throw new RpcException(call.GetStatus());
                    }
                    await Task.Delay(_itemInterval, _enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                await call.RequestStream.CompleteAsync();
            }
            catch (Exception e) when (e is RpcException or IOException)
            {
                LostStreams.Enqueue((e as RpcException)?.Status ?? new Status(StatusCode.Unavailable, e.Message));
                await Task.Delay(_itemInterval, _enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}

/// <param name="Begun">Timestamp of <see cref="Stopwatch"/>.</param>
/// <param name="Took">How long.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Backbone">Its time in the backbone; null if that did not run.</param>
/// <param name="Expert">Its time in the expert; null if that did not run.</param>
internal sealed record HonestCall(long Begun, TimeSpan Took, Status Status, Timing? Backbone = null, Timing? Expert = null)
{
    public bool Succeeded => Status.StatusCode == StatusCode.OK;

    public long Ended => Begun + (long)(Took.TotalSeconds * Stopwatch.Frequency);
}

/// <summary>The calls of some seconds.</summary>
internal sealed class Phase(IReadOnlyList<HonestCall> calls)
{
    private readonly IReadOnlyList<HonestCall> _calls = calls;
    private readonly double[] _milliseconds = Ordered(calls, call => call.Took.TotalMilliseconds);

    /// <summary>The calls of several phases.</summary>
    public static Phase Of(IEnumerable<Phase> phases) => new([.. phases.SelectMany(phase => phase._calls)]);

    public IReadOnlyList<HonestCall> Failures => [.. _calls.Where(call => !call.Succeeded)];

    /// <summary>What the calls that failed were told, and how many of them.</summary>
    public IEnumerable<string> Told =>
        Failures.GroupBy(call => $"{call.Status.StatusCode}: {call.Status.Detail}").Select(same => $"{same.Count()} {same.Key}");

    /// <summary>The calls that succeeded, by when they ended.</summary>
    public IEnumerable<HonestCall> Successes => _calls.Where(call => call.Succeeded).OrderBy(call => call.Ended);

    /// <summary>p50 of the milliseconds in the queue and in the model, of the backbone and of the expert.</summary>
    public string Inside => string.Join(", ", new Func<HonestCall, float?>[]
    {
        call => call.Backbone?.QueueMs, call => call.Backbone?.ModelMs, call => call.Expert?.QueueMs, call => call.Expert?.ModelMs,
    }.Select(part => Measured.Quantile(Ordered(_calls, call => part(call) ?? double.NaN), 0.5).ToString("0", CultureInfo.InvariantCulture)));

    /// <summary>Calls, p50, p99 and longest in milliseconds, and how many failed.</summary>
    public override string ToString() => $"{Quantile(0.5):0.0} / {Quantile(0.99):0} / {Quantile(1):0}, {Failures.Count} of {_calls.Count}";

    /// <summary>In milliseconds, of the calls that succeeded.</summary>
    public double Quantile(double q) => Measured.Quantile(_milliseconds, q);

    private static double[] Ordered(IEnumerable<HonestCall> calls, Func<HonestCall, double> of) =>
        [.. calls.Where(call => call.Succeeded).Select(of).Order()];
}
