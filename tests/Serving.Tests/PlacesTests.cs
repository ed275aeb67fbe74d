using MedMoE.Mesh.Serving.Batching;

namespace MedMoE.Mesh.Serving.Tests;

public sealed class PlacesTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Run_AllPlacesTaken_OneWaitsAndTheNextIsRefused()
    {
        using var metrics = new BatcherMetrics("test");
        using var places = new Places(atOnce: 1, waiting: 1, TimeSpan.FromMilliseconds(40), metrics);
        using var started = new ManualResetEventSlim();
        using var released = new ManualResetEventSlim();
        using var gone = new CancellationTokenSource();
        var first = Task.Run(
            () => places.Run(
                () =>
                {
                    started.Set();
                    Assert.True(released.Wait(_patience), "the first was not let go");
                    return 1;
                },
                CancellationToken.None),
            TestContext.Current.CancellationToken);
        Assert.True(started.Wait(_patience, TestContext.Current.CancellationToken), "the first did not start");
        var waiting = places.Run(() => 2, gone.Token);

        var e = await Assert.ThrowsAsync<QueueFullException>(() => places.Run(() => 3, CancellationToken.None));

        Assert.Equal(40, e.RetryAfter.TotalMilliseconds);
        Assert.False(waiting.IsCompleted);
        // Who goes while waiting makes room for another.
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(_patience));
        var next = places.Run(() => 4, CancellationToken.None);
        released.Set();
        Assert.Equal(1, await first.WaitAsync(_patience));
        Assert.Equal(4, await next.WaitAsync(_patience));
    }
}
