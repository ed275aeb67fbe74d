using System.Collections.Concurrent;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Sharing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace MedMoE.Mesh.Serving.Tests.Batching;

public sealed class BatcherTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Submit_WhileTheModelIsBusy_FormsOneBatch()
    {
        using var model = new HeldModel();
        using var batcher = model.Batcher(new BatcherOptions { MaxBatchSize = 4 });
        var first = batcher.Submit(0);
        model.AwaitStart();
        Task<Batched<int>>[] others = [.. Enumerable.Range(1, 6).Select(i => batcher.Submit(i))];

        model.Release();

        Assert.Equal(0, (await first.WaitAsync(_patience)).Value);
        var results = await Task.WhenAll(others).WaitAsync(_patience);
        Assert.Equal([-1, -2, -3, -4, -5, -6], results.Select(r => r.Value));
        Assert.Equal([4, 4, 4, 4, 2, 2], results.Select(r => r.BatchSize));
        Assert.Equal([[0], [1, 2, 3, 4], [5, 6]], model.Batches);
        Assert.Single(model.Threads);
    }

    [Fact]
    public async Task Submit_FullQueue_IsRefusedWhileTheModelRuns()
    {
        using var model = new HeldModel();
        using var batcher = model.Batcher(new BatcherOptions { QueueCapacity = 8, RetryAfter = TimeSpan.FromMilliseconds(40) });
        var accepted = new List<Task<Batched<int>>> { batcher.Submit(0) };
        model.AwaitStart();
        var refused = new List<QueueFullException>();
        for (var caller = 1; caller <= 100; caller++)
        {
            try
            {
                accepted.Add(batcher.Submit(caller));
            }
            catch (QueueFullException e)
            {
                refused.Add(e);
            }
        }

        // All of this happens before the first batch has ended.
        Assert.Equal((9, 92), (accepted.Count, refused.Count));
        Assert.False(accepted[0].IsCompleted);
        Assert.All(refused, e => Assert.Equal(40, e.RetryAfter.TotalMilliseconds));
        Assert.Contains("8 requests", refused[0].Message);
        model.Release();
        await Task.WhenAll(accepted).WaitAsync(_patience);
    }

    [Fact]
    public async Task Submit_WhatCannotBeServedBeforeItsDeadline_IsRefusedAtOnce()
    {
        var time = new FakeTimeProvider();
        using var metrics = new BatcherMetrics("test");
        using var begun = new SemaphoreSlim(0);
        using var turns = new SemaphoreSlim(0);
        int[] Run(IReadOnlyList<int> batch)
        {
            begun.Release();
            Assert.True(turns.Wait(_patience), "the model was not released");
            time.Advance(TimeSpan.FromSeconds(3));
            return [.. batch];
        }
        using var batcher = new Batcher<int, int>(
            new BatcherOptions { MaxBatchSize = 1, RetryAfter = TimeSpan.FromMilliseconds(40) }, Run, metrics, time: time);
        DateTimeOffset In(double seconds) => time.GetUtcNow() + TimeSpan.FromSeconds(seconds);
        // Nothing is known of the pace yet.
        Task<Batched<int>>[] first = [.. Enumerable.Range(0, 4).Select(i => batcher.Submit(i, In(100)))];
        for (var batch = 0; batch < 3; batch++)
        {
            Assert.True(await begun.WaitAsync(_patience, TestContext.Current.CancellationToken), "a batch did not begin");
            if (batch < 2)
            {
                turns.Release();
            }
        }

        // One runs, and one waits.
        var refused = Assert.Throws<QueueFullException>(() => { _ = batcher.Submit(5, In(5)); });
        var room = Assert.Throws<QueueFullException>(() => batcher.RequireRoom(In(5)));
        Task<Batched<int>>[] accepted = [batcher.Submit(6, In(100)), batcher.Submit(7)];

        Assert.Equal("the deadline is in 5 s, and the queue ahead (1) takes about 3 s; try again in 40 ms", refused.Message);
        Assert.Equal((refused.Message, 40), (room.Message, refused.RetryAfter.TotalMilliseconds));
        turns.Release(10);
        await Task.WhenAll([.. first, .. accepted]).WaitAsync(_patience);
        // None waits: nothing is refused, however slow the model was.
        Assert.Equal(2, (await Task.WhenAll(batcher.SubmitAll([8, 9], In(4))).WaitAsync(_patience)).Length);
    }

    /// <summary>A caller with a full queue neither keeps others out nor goes before them.</summary>
    [Fact]
    public async Task Submit_QueueFullOfAnother_TakesAPlaceAndTheNextTurn()
    {
        using var model = new HeldModel();
        using var batcher = model.Batcher(new BatcherOptions { QueueCapacity = 4, MaxBatchSize = 2 });
        As("greedy;1;normal");
        var greedy = Enumerable.Range(0, 1).Select(i => batcher.Submit(i)).ToList();
        model.AwaitStart();
        greedy.AddRange(Enumerable.Range(1, 4).Select(i => batcher.Submit(i)));
        Assert.Throws<QueueFullException>(() => { _ = batcher.Submit(5); });
        As("modest;1;normal");
        var modest = batcher.Submit(9);
        await Assert.ThrowsAsync<QueueFullException>(() => greedy[4].WaitAsync(_patience));

        model.Release();

        await Task.WhenAll([.. greedy[..4], modest]).WaitAsync(_patience);
        Assert.Equal([[0], [1, 9], [2, 3]], model.Batches);
    }

    [Fact]
    public async Task RequireRoom_FullQueue_IsRefusedAndSendsNobodyAway()
    {
        using var model = new HeldModel();
        using var batcher = model.Batcher(new BatcherOptions { QueueCapacity = 2, MaxBatchSize = 1 });
        As("greedy;1;normal");
        var greedy = new List<Task> { batcher.Submit(0) };
        model.AwaitStart();
        greedy.Add(batcher.Submit(1));
        batcher.RequireRoom(deadline: null);
        greedy.Add(batcher.Submit(2));
        Assert.Throws<QueueFullException>(() => batcher.RequireRoom(deadline: null));
        As("modest;1;normal");
        batcher.RequireRoom(deadline: null);

        model.Release();

        await Task.WhenAll(greedy).WaitAsync(_patience);
    }

    [Fact]
    public async Task Submit_ExpiredOrCancelled_NeverReachesTheModel()
    {
        var time = new FakeTimeProvider();
        using var model = new HeldModel();
        using var batcher = model.Batcher(new BatcherOptions(), time: time);
        using var gone = new CancellationTokenSource();
        var first = batcher.Submit(0);
        model.AwaitStart();
        var expired = batcher.Submit(1, time.GetUtcNow() + TimeSpan.FromMilliseconds(50));
        var cancelled = batcher.Submit(2, cancellation: gone.Token);
        var alive = batcher.Submit(3, time.GetUtcNow() + TimeSpan.FromMilliseconds(500));
        time.Advance(TimeSpan.FromMilliseconds(50));
        gone.Cancel();

        model.Release();

        await Assert.ThrowsAsync<TimeoutException>(() => expired.WaitAsync(_patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(_patience));
        var result = await alive.WaitAsync(_patience);
        Assert.Equal((-3, 1, 50), (result.Value, result.BatchSize, result.Queued.TotalMilliseconds));
        await first.WaitAsync(_patience);
        Assert.Equal([[0], [3]], model.Batches);
    }

    [Fact]
    public async Task Submit_FullOfTheDead_TakesTheLiving()
    {
        using var model = new HeldModel();
        using var batcher = model.Batcher(new BatcherOptions { QueueCapacity = 1 });
        using var gone = new CancellationTokenSource();
        var first = batcher.Submit(0);
        model.AwaitStart();
        var dead = batcher.Submit(1, cancellation: gone.Token);
        gone.Cancel();

        var living = batcher.Submit(2);

        // Even before the model is free again.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dead.WaitAsync(_patience));
        model.Release();
        Assert.Equal(-2, (await living.WaitAsync(_patience)).Value);
        await first.WaitAsync(_patience);
    }

    [Fact]
    public async Task SubmitAll_DoesNotFit_TakesNone()
    {
        using var model = new HeldModel();
        using var batcher = model.Batcher(new BatcherOptions { QueueCapacity = 3 });
        var first = batcher.Submit(0);
        model.AwaitStart();
        var two = batcher.SubmitAll([1, 2]);

        Assert.Throws<QueueFullException>(() => batcher.SubmitAll([3, 4]));

        var last = batcher.Submit(5);
        model.Release();
        await Task.WhenAll([first, .. two, last]).WaitAsync(_patience);
        Assert.Equal([[0], [1, 2, 5]], model.Batches);
    }

    [Fact]
    public async Task QueueDelay_IdleModel_CountsFromTheOldest()
    {
        var time = new WatchedTime();
        using var model = new HeldModel();
        model.Release();
        using var batcher = model.Batcher(new BatcherOptions { MaxQueueDelay = TimeSpan.FromMilliseconds(10), MaxBatchSize = 3 }, time: time);
        var one = batcher.Submit(1);
        Assert.Equal(TimeSpan.FromMilliseconds(10), await time.NextDelay().WaitAsync(_patience));
        time.Advance(TimeSpan.FromMilliseconds(6));
        var two = batcher.Submit(2);
        Assert.Equal(TimeSpan.FromMilliseconds(4), await time.NextDelay().WaitAsync(_patience));
        Assert.False(one.IsCompleted);

        time.Advance(TimeSpan.FromMilliseconds(4));

        Assert.Equal(TimeSpan.FromMilliseconds(10), (await one.WaitAsync(_patience)).Queued);
        Assert.Equal((2, TimeSpan.FromMilliseconds(4)), ((await two.WaitAsync(_patience)).BatchSize, (await two).Queued));
        // A complete batch does not wait.
        var three = await Task.WhenAll(Enumerable.Range(3, 3).Select(i => batcher.Submit(i))).WaitAsync(_patience);
        Assert.All(three, r => Assert.Equal(3, r.BatchSize));
    }

    [Fact]
    public async Task Fits_PaddedTokens_BoundsTheBatch()
    {
        using var model = new HeldModel();
        // Items are lengths: a batch costs its size times its longest.
        using var batcher = model.Batcher(
            new BatcherOptions { MaxBatchSize = 100 }, fits: (batch, next) => (batch.Count + 1) * Math.Max(batch.Max(), next) <= 24);
        var all = new List<Task<Batched<int>>> { batcher.Submit(1) };
        model.AwaitStart();
        all.AddRange(new[] { 8, 8, 8, 3, 12, 30, 2 }.Select(length => batcher.Submit(length)));
        model.Release();
        await Task.WhenAll(all).WaitAsync(_patience);
        Assert.Equal([[1], [8, 8, 8], [3, 12], [30], [2]], model.Batches);
    }

    [Fact]
    public async Task Run_Throws_FailsItsBatchAlone()
    {
        using var metrics = new BatcherMetrics("test");
        using var batcher = new Batcher<int, int>(
            new BatcherOptions { MaxBatchSize = 1 }, batch => batch[0] == 1 ? throw new InvalidOperationException("one") : [batch[0]], metrics);
        var (bad, good) = (batcher.Submit(1), batcher.Submit(2));
        Assert.Equal("one", (await Assert.ThrowsAsync<InvalidOperationException>(() => bad.WaitAsync(_patience))).Message);
        Assert.Equal(2, (await good.WaitAsync(_patience)).Value);
    }

    [Fact]
    public async Task Run_NotEnoughMemory_RunsItsItemsOneByOne()
    {
        var batches = new ConcurrentQueue<int[]>();
        using var metrics = new BatcherMetrics("test");
        using var started = new ManualResetEventSlim();
        using var submitted = new ManualResetEventSlim();
        using var batcher = new Batcher<int, int>(
            new BatcherOptions(),
            batch =>
            {
                batches.Enqueue([.. batch]);
                started.Set();
                Assert.True(submitted.Wait(_patience), "the items were not submitted");
                // Items are sizes: memory is enough for 8.
                return batch.Sum() > 8 ? throw new InsufficientMemoryException("test") : [.. batch.Select(i => -i)];
            },
            metrics);
        var first = batcher.Submit(1);
        Assert.True(started.Wait(_patience, TestContext.Current.CancellationToken), "the model was not started");
        Task<Batched<int>>[] others = [.. new[] { 5, 9, 6 }.Select(i => batcher.Submit(i))];
        submitted.Set();

        await Assert.ThrowsAsync<InsufficientMemoryException>(() => others[1].WaitAsync(_patience));
        Assert.Equal([-5, -6], (await Task.WhenAll(others[0], others[2]).WaitAsync(_patience)).Select(r => r.Value));
        Assert.Equal(-1, (await first.WaitAsync(_patience)).Value);
        Assert.Equal([[1], [5, 9, 6], [5], [9], [6]], batches);
    }

    [Fact]
    public async Task Post_WhileOthersWait_RunsBeforeThemAndAlone()
    {
        using var model = new HeldModel();
        using var batcher = model.Batcher(new BatcherOptions { QueueCapacity = 2 });
        var first = batcher.Submit(0);
        model.AwaitStart();
        Task<Batched<int>>[] others = [batcher.Submit(1), batcher.Submit(2)];
        batcher.Post(3);
        batcher.Post(4);

        model.Release();

        await Task.WhenAll([first, .. others]).WaitAsync(_patience);
        Assert.Equal([[0], [3, 4], [1, 2]], model.Batches);
    }

    [Fact]
    public async Task Drain_WithRequestsWaiting_FinishesThemAndTakesNoMore()
    {
        using var model = new HeldModel();
        var batcher = model.Batcher(new BatcherOptions { MaxBatchSize = 2, MaxQueueDelay = TimeSpan.FromHours(1), QueueCapacity = int.MaxValue });
        Task<Batched<int>>[] accepted = [.. Enumerable.Range(0, 5).Select(i => batcher.Submit(i))];
        model.AwaitStart();
        var drained = Task.Run(batcher.Drain, TestContext.Current.CancellationToken);
        // Draining has begun once Submit throws; items submitted before count as accepted.
        var late = new List<Task<Batched<int>>>();
        try
        {
            while (true)
            {
                late.Add(batcher.Submit(9));
                await Task.Yield();
            }
        }
        catch (DrainingException)
        {
            model.Release();
        }
        await drained.WaitAsync(_patience);
        Assert.All(accepted.Concat(late), task => Assert.True(task.IsCompletedSuccessfully));
    }

    /// <summary>A model that negates numbers, after it is released.</summary>
    private sealed class HeldModel : IDisposable
    {
        private readonly ManualResetEventSlim _started = new();
        private readonly ManualResetEventSlim _released = new();
        private readonly BatcherMetrics _metrics = new("test");

        public ConcurrentQueue<int[]> Batches { get; } = [];

        public ConcurrentDictionary<int, bool> Threads { get; } = [];

        public Batcher<int, int> Batcher(BatcherOptions options, Func<IReadOnlyList<int>, int, bool>? fits = null, TimeProvider? time = null) =>
            new(options, Run, _metrics, fits, time);

        public void AwaitStart() => Assert.True(_started.Wait(_patience, TestContext.Current.CancellationToken), "the model was not started");

        public void Release() => _released.Set();

        public void Dispose()
        {
            _started.Dispose();
            _released.Dispose();
            _metrics.Dispose();
        }

        private int[] Run(IReadOnlyList<int> batch)
        {
            Batches.Enqueue([.. batch]);
            Threads[Environment.CurrentManagedThreadId] = true;
            _started.Set();
            Assert.True(_released.Wait(_patience), "the model was not released");
            return [.. batch.Select(i => -i)];
        }
    }

    /// <summary>The test goes on as a call on behalf of this caller.</summary>
    private static void As(string share)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers[CallerShare.Header] = share;
        CallerShare.Begin(context);
    }
}
