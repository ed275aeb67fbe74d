using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Sharing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace MedMoE.Mesh.Serving.Tests.Batching;

public sealed class PlacesTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private static readonly PlacesOptions _one = new()
    {
        AtOnce = 1,
        Waiting = 1,
        Bytes = 100,
        BytesSetting = "Test:Bytes",
        RetryAfter = TimeSpan.FromMilliseconds(40),
    };

    [Fact]
    public async Task Run_AllPlacesTaken_OneWaitsAndTheNextIsRefused()
    {
        using var metrics = new BatcherMetrics("test");
        var places = new Places(_one, metrics.Refused);
        using var started = new ManualResetEventSlim();
        using var released = new ManualResetEventSlim();
        using var gone = new CancellationTokenSource();
        var first = Task.Run(
            () => places.Run(
                held: 0,
                needed: 0,
                () =>
                {
                    started.Set();
                    Assert.True(released.Wait(_patience), "the first was not let go");
                    return 1;
                },
                CancellationToken.None),
            TestContext.Current.CancellationToken);
        Assert.True(started.Wait(_patience, TestContext.Current.CancellationToken), "the first did not start");
        var waiting = places.Run(0, 0, () => 2, gone.Token);

        var e = await Assert.ThrowsAsync<QueueFullException>(() => places.Run(0, 0, () => 3, CancellationToken.None));

        Assert.Equal(40, e.RetryAfter.TotalMilliseconds);
        Assert.False(waiting.IsCompleted);
        // A cancelled waiter frees its capacity for another.
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(_patience));
        var next = places.Run(0, 0, () => 4, CancellationToken.None);
        released.Set();
        Assert.Equal(1, await first.WaitAsync(_patience));
        Assert.Equal(4, await next.WaitAsync(_patience));
    }

    [Fact]
    public async Task Run_WhatCannotBeDoneBeforeItsDeadline_IsRefusedAtOnce()
    {
        using var metrics = new BatcherMetrics("test");
        var time = new FakeTimeProvider();
        var places = new Places(_one with { AtOnce = 2, Waiting = 8, Time = time }, metrics.Refused);
        TaskCompletionSource[] works = [.. Enumerable.Range(0, 4).Select(_ => new TaskCompletionSource())];
        Task Run(int work, double seconds) =>
            places.Run(() => works[work].Task, time.GetUtcNow() + TimeSpan.FromSeconds(seconds), CancellationToken.None);
        Task[] running = [.. Enumerable.Range(0, 3).Select(work => Run(work, seconds: 1))];
        works[0].SetResult();
        await running[0].WaitAsync(_patience);
        time.Advance(TimeSpan.FromSeconds(2));
        works[1].SetResult();
        await running[1].WaitAsync(_patience);

        // One runs, and one ended two seconds after the other.
        var refused = await Assert.ThrowsAsync<QueueFullException>(() => Run(3, seconds: 3.5).WaitAsync(_patience));
        var accepted = Run(3, seconds: 4.5);

        Assert.Equal("the deadline is in 3.5 s, and the queue ahead (1) takes about 2 s; try again in 40 ms", refused.Message);
        works[2].SetResult();
        works[3].SetResult();
        await Task.WhenAll(running[2], accepted).WaitAsync(_patience);
    }

    [Fact]
    public async Task Run_SlowOnce_IsNotRefusedForLong()
    {
        using var metrics = new BatcherMetrics("test");
        var time = new FakeTimeProvider();
        var places = new Places(_one with { AtOnce = 2, Waiting = 8, Time = time }, metrics.Refused);
        Task Run(TaskCompletionSource work) => places.Run(() => work.Task, time.GetUtcNow() + TimeSpan.FromSeconds(1), CancellationToken.None);
        async Task End(TaskCompletionSource work, Task run, double after)
        {
            time.Advance(TimeSpan.FromSeconds(after));
            work.SetResult();
            await run.WaitAsync(_patience);
        }
        TaskCompletionSource[] slow = [new(), new()];
        Task[] running = [Run(slow[0]), Run(slow[1])];
        await End(slow[0], running[0], 0);
        await End(slow[1], running[1], 60);

        // A minute is what one takes now, so a second one beside a running one is refused, until the fast ones have shown better.
        var refused = 0;
        for (var round = 0; round < 20; round++)
        {
            TaskCompletionSource one = new(), other = new();
            var first = Run(one);
            var second = Run(other);
            refused += second.IsFaulted ? 1 : 0;
            await End(one, first, 0.1);
            if (!second.IsFaulted)
            {
                await End(other, second, 0.1);
            }
        }

        Assert.InRange(refused, 1, 10);
    }

    [Fact]
    public async Task Run_BytesTaken_LargeWorkWaitsAndSmallOvertakes()
    {
        using var metrics = new BatcherMetrics("test");
        var places = new Places(_one with { AtOnce = 4, Waiting = 4 }, metrics.Refused);
        using var released = new ManualResetEventSlim();
        var (first, started) = Hold(places, held: 0, needed: 60, released);
        await started.WaitAsync(_patience, TestContext.Current.CancellationToken);

        var large = places.Run(0, 1000, () => "large", CancellationToken.None);
        var small = places.Run(0, 40, () => "small", CancellationToken.None);

        Assert.Equal("small", await small.WaitAsync(_patience));
        Assert.False(large.IsCompleted);
        released.Set();
        Assert.True(await first.WaitAsync(_patience), "the first was not let go");
        // A need above the limit counts as the whole limit: it runs by itself.
        Assert.Equal("large", await large.WaitAsync(_patience));
    }

    [Fact]
    public async Task Run_BytesHeldByThoseThatWait_RefusesTheNext()
    {
        using var metrics = new BatcherMetrics("test");
        var places = new Places(_one with { Waiting = 4 }, metrics.Refused);
        using var released = new ManualResetEventSlim();
        var (first, started) = Hold(places, held: 70, needed: 0, released);
        await started.WaitAsync(_patience, TestContext.Current.CancellationToken);
        var waiting = places.Run(30, 0, () => 1, CancellationToken.None);

        var e = await Assert.ThrowsAsync<QueueFullException>(() => places.Run(1, 0, () => 1, CancellationToken.None));

        Assert.Equal("waiting requests hold 100 bytes, the limit is 100 (Test:Bytes); try again in 40 ms", e.Message);
        released.Set();
        Assert.True(await first.WaitAsync(_patience), "the first was not let go");
        Assert.Equal(1, await waiting.WaitAsync(_patience));
        // A single request may hold more than the limit.
        Assert.Equal(2, await places.Run(101, 0, () => 2, CancellationToken.None));
    }

    [Fact]
    public async Task Run_BytesHeldByAnotherCaller_SendsTheLastOfItsWorkAway()
    {
        using var metrics = new BatcherMetrics("test");
        var places = new Places(_one with { Waiting = 4 }, metrics.Refused);
        using var released = new ManualResetEventSlim();
        As("greedy");
        var (first, started) = Hold(places, held: 40, needed: 0, released);
        await started.WaitAsync(_patience, TestContext.Current.CancellationToken);
        var kept = places.Run(30, 0, () => "kept", CancellationToken.None);
        var sent = places.Run(30, 0, () => "sent away", CancellationToken.None);

        As("modest");
        var modest = places.Run(30, 0, () => "modest", CancellationToken.None);

        var e = await Assert.ThrowsAsync<QueueFullException>(() => sent.WaitAsync(_patience));
        Assert.Equal("waiting requests hold 100 bytes, the limit is 100 (Test:Bytes); try again in 40 ms", e.Message);
        // Now they have the same.
        await Assert.ThrowsAsync<QueueFullException>(() => places.Run(30, 0, () => "more", CancellationToken.None));
        released.Set();
        Assert.True(await first.WaitAsync(_patience), "the first was not let go");
        Assert.Equal(["kept", "modest"], await Task.WhenAll(kept, modest).WaitAsync(_patience));
        // All of it has been given back.
        Assert.Equal("alone", await places.Run(100, 0, () => "alone", CancellationToken.None));
    }

    /// <summary>The test goes on as a call on behalf of this caller.</summary>
    private static void As(string caller)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers[CallerShare.Header] = $"{caller};1;normal";
        CallerShare.Begin(context);
    }

    /// <summary>Work that runs until it is released.</summary>
    private static (Task<bool> Work, Task Started) Hold(Places places, long held, long needed, ManualResetEventSlim released)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var work = Task.Run(() => places.Run(
            held,
            needed,
            () =>
            {
                started.SetResult();
                return released.Wait(_patience);
            },
            CancellationToken.None));
        return (work, started.Task);
    }
}
