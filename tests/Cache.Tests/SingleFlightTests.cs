namespace MedMoE.Mesh.Cache.Tests;

public sealed class SingleFlightTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Run_EqualKeysAtOnce_WorkOnce()
    {
        var flights = new SingleFlight<int>();
        var work = new Work();
        var riders = Enumerable.Range(0, 50).Select(_ => flights.Run("a", work.Run, default)).ToArray();
        var other = flights.Run("b", _ => Task.FromResult(7), default);

        work.Result.SetResult(5);

        Assert.All(await Task.WhenAll(riders).WaitAsync(_patience), result => Assert.Equal(5, result));
        Assert.Equal(7, await other);
        Assert.Equal(1, work.Runs);
        // Work that has ended runs again.
        Assert.Equal(5, await flights.Run("a", work.Run, default));
        Assert.Equal(2, work.Runs);
    }

    [Fact]
    public async Task Run_FirstRiderLeaves_GoesOnForTheOthers()
    {
        var flights = new SingleFlight<int>();
        var work = new Work();
        using var leaving = new CancellationTokenSource();
        var first = flights.Run("a", work.Run, leaving.Token);
        var second = flights.Run("a", work.Run, default);

        leaving.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(_patience));
        work.Result.SetResult(5);
        Assert.Equal(5, await second.WaitAsync(_patience));
        Assert.False(work.Abandoned.Task.IsCompleted);
    }

    [Fact]
    public async Task Run_AllRidersLeave_IsCancelledAndANewOneStartsAfresh()
    {
        var flights = new SingleFlight<int>();
        var work = new Work();
        using var leaving = new CancellationTokenSource();
        var riders = new[] { flights.Run("a", work.Run, leaving.Token), flights.Run("a", work.Run, leaving.Token) };
        await work.Started.Task.WaitAsync(_patience);

        leaving.Cancel();

        await work.Abandoned.Task.WaitAsync(_patience);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(riders).WaitAsync(_patience));
        Assert.Equal(9, await flights.Run("a", _ => Task.FromResult(9), default).WaitAsync(_patience));
    }

    [Fact]
    public async Task Run_WorkFails_EveryRiderHearsOfItAndItIsTriedAgain()
    {
        var flights = new SingleFlight<int>();
        var work = new Work();
        var riders = Enumerable.Range(0, 3).Select(_ => flights.Run("a", work.Run, default)).ToArray();
        work.Result.SetException(new InvalidOperationException("no"));
        foreach (var rider in riders)
        {
            Assert.Equal("no", (await Assert.ThrowsAsync<InvalidOperationException>(() => rider.WaitAsync(_patience))).Message);
        }
        Assert.Equal(1, await flights.Run("a", _ => Task.FromResult(1), default).WaitAsync(_patience));
    }

    private sealed class Work
    {
        private int _runs;

        public TaskCompletionSource<int> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Abandoned { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Runs => _runs;

        public async Task<int> Run(CancellationToken abandoned)
        {
            Interlocked.Increment(ref _runs);
            Started.TrySetResult();
            try
            {
                return await Result.Task.WaitAsync(abandoned);
            }
            catch (OperationCanceledException)
            {
                Abandoned.SetResult();
                throw;
            }
        }
    }
}
