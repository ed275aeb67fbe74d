using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.Measuring.Calls;

/// <summary>Calls a mesh in closed loops.</summary>
public sealed class MeshCalls : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromMinutes(1);

    private readonly GrpcChannel _channel;
    private readonly RouterService.RouterServiceClient _router;
    private readonly byte[] _image;

    /// <param name="server">HOST:PORT of the gateway.</param>
    /// <param name="image">PNG.</param>
    public MeshCalls(string server, byte[] image)
    {
        _channel = GrpcChannel.ForAddress(
            $"http://{server}",
            new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true }, DisposeHttpClient = true });
        _router = new RouterService.RouterServiceClient(_channel);
        _image = image;
    }

    public async Task<CallFigures> Run(CallOrder order, CancellationToken cancellation)
    {
        var (answers, failures) = (new ConcurrentBag<Answer>(), new ConcurrentDictionary<string, int>());
        var (begun, started) = (0, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, order.Callers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref begun) <= (order.Calls ?? int.MaxValue)
                && Stopwatch.GetElapsedTime(started).TotalSeconds < (order.Seconds ?? double.MaxValue))
            {
                await Call(order.Kind, answers, failures, cancellation);
            }
        }, cancellation)));
        return Figures(answers, failures, Stopwatch.GetElapsedTime(started));
    }

    public void Dispose() => _channel.Dispose();

    private async Task Call(CallKind kind, ConcurrentBag<Answer> answers, ConcurrentDictionary<string, int> failures, CancellationToken cancellation)
    {
        // Readers ignore bytes after a PNG's end, so these are different files with the same pixels.
        byte[] own = kind == CallKind.NewImage ? Guid.NewGuid().ToByteArray() : [];
        var request = new AnalyzeRequest
        {
            Image = new Image { Encoded = UnsafeByteOperations.UnsafeWrap((byte[])[.. _image, .. own]) },
            Report = kind == CallKind.NewReport ? $"There is a large mass, {Guid.NewGuid():N}" : "There is a large mass in the right lung",
            Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = "ct" },
        };
        var started = Stopwatch.GetTimestamp();
        try
        {
            var answer = await _router.AnalyzeAsync(request, deadline: DateTime.UtcNow + _deadline, cancellationToken: cancellation);
            answers.Add(new Answer(Stopwatch.GetElapsedTime(started).TotalMilliseconds, answer));
        }
        catch (RpcException e)
        {
            failures.AddOrUpdate($"{e.StatusCode}: {e.Status.Detail}", 1, (_, count) => count + 1);
        }
    }

    private static CallFigures Figures(
        IReadOnlyCollection<Answer> answers, IReadOnlyDictionary<string, int> failures, TimeSpan took)
    {
        double[] latencies = [.. answers.Select(a => a.Ms).Order()];
        double Quantile(double q) => latencies.Length == 0 ? 0 : latencies[Math.Min(latencies.Length - 1, (int)(q * latencies.Length))];
        var services = new (string Name, Func<AnalyzeResponse, Timing?> Of)[]
        {
            ("backbone", answer => answer.BackboneTiming), ("text encoder", answer => answer.TextTiming), ("expert", answer => answer.ExpertTiming),
        };
        return new CallFigures(
            latencies.Length + failures.Values.Sum(), failures, latencies.Length / took.TotalSeconds, Quantile(0.5), Quantile(0.95), Quantile(0.99),
            services.Select(service => (service.Name, Timings: answers.Select(a => service.Of(a.Response)).OfType<Timing>().ToArray()))
                .Where(service => service.Timings.Length > 0)
                .ToDictionary(service => service.Name, service => new ServiceFigures(
                    service.Timings.Average(t => t.QueueMs), service.Timings.Average(t => t.ModelMs), service.Timings.Average(t => t.BatchSize))));
    }

    private sealed record Answer(double Ms, AnalyzeResponse Response);
}
