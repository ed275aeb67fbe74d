using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using MedMoE.Mesh.V1;

namespace MedMoE.Mesh.ServicesUnderTest;

/// <summary>Clients that call a mesh in closed loops, each time with a new image.</summary>
public sealed class MeshLoad : IAsyncDisposable
{
    private const int GuidBytes = 16;

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);
    private static readonly byte[] _png = File.ReadAllBytes(Golden.PathOf("preprocessing", "gray8_130x100.png"));

    private readonly GrpcChannel _channel;
    private readonly CancellationTokenSource _enough = new();
    private readonly Task[] _clients;
    private readonly ConcurrentQueue<(int Succeeded, TaskCompletionSource Reached)> _awaited = [];
    private int _succeeded;

    /// <param name="gateway">HOST:PORT.</param>
    /// <param name="clients">Number of concurrent clients.</param>
    /// <param name="expert">The expert to call.</param>
    /// <param name="report">The report, or null for the image alone.</param>
    public MeshLoad(string gateway, int clients, string expert, string? report = null)
    {
        _channel = GrpcChannel.ForAddress($"http://{gateway}");
        var router = new RouterService.RouterServiceClient(_channel);
        _clients = [.. Enumerable.Range(0, clients).Select(_ => Task.Run(() => Call(router, expert, report)))];
    }

    /// <summary>Statuses of failed calls.</summary>
    public ConcurrentQueue<Status> Failures { get; } = [];

    public int Succeeded => Volatile.Read(ref _succeeded);

    /// <summary>A new image: readers ignore bytes after a PNG's end.</summary>
    public static Image FreshImage() => FreshImage(bytes: 0);

    /// <summary>A new image of at least so many bytes.</summary>
    public static Image FreshImage(int bytes)
    {
        var image = new byte[Math.Max(bytes, _png.Length + GuidBytes)];
        _png.CopyTo(image, 0);
        Guid.NewGuid().TryWriteBytes(image.AsSpan(^GuidBytes..));
        return new Image { Encoded = UnsafeByteOperations.UnsafeWrap(image) };
    }

    /// <summary>Waits for this number of further successes.</summary>
    public async Task UntilMoreSucceeded(int more)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited.Enqueue((Succeeded + more, reached));
        try
        {
            await reached.Task.WaitAsync(_patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{more} more did not succeed within {_patience}; failures: {string.Join("; ", Failures.TakeLast(3))}");
        }
    }

    /// <summary>Waits for the running calls.</summary>
    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_clients).WaitAsync(_patience);
        _channel.Dispose();
    }

    private async Task Call(RouterService.RouterServiceClient router, string expert, string? report)
    {
        while (!_enough.IsCancellationRequested)
        {
            try
            {
                await router.AnalyzeAsync(
                    new AnalyzeRequest
                    {
                        Image = FreshImage(),
                        Report = report is null ? "" : $"{report} {Guid.NewGuid()}",
                        Gating = new Gating { Policy = GatingPolicy.Explicit, Expert = expert },
                    },
                    deadline: DateTime.UtcNow + _patience);
                var succeeded = Interlocked.Increment(ref _succeeded);
                foreach (var (_, reached) in _awaited.Where(a => a.Succeeded <= succeeded))
                {
                    reached.TrySetResult();
                }
            }
            catch (RpcException e)
            {
                Failures.Enqueue(e.Status);
            }
        }
    }
}
