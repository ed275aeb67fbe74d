using System.Diagnostics.Metrics;

namespace MedMoE.Mesh.Cache.Tests;

public sealed class WriteQueueTests : IDisposable
{
    private readonly Meter _meter = new("cache test");
    private readonly List<string> _done = [];
    private readonly WriteQueue _queue;
    private bool _isPaused;

    public WriteQueueTests() => _queue = new WriteQueue(
        new CacheMetrics(_meter),
        () => _isPaused,
        (key, bytes) =>
        {
            _done.Add($"{key}: {bytes.Length - EntryChecksum.Length}");
            return Task.FromResult(key != "failing");
        },
        key =>
        {
            _done.Add($"{key}: end of lease");
            return Task.CompletedTask;
        });

    [Fact]
    public async Task Lease_OfAnEntry_EndsWhenItIsWritten()
    {
        Add("a", 3);
        _queue.AddRelease("a");
        Add("failing", 4);
        _queue.AddRelease("failing");
        Add("b", 5);

        Assert.Equal(["a: 3", "a: end of lease", "failing: 4", "failing: end of lease", "b: 5"], await Written());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lease_OfAnEntryDroppedInAPause_EndsAllTheSame(bool before)
    {
        _isPaused = before;
        Add("a", 3);
        _isPaused = true;
        _queue.AddRelease("a");

        Assert.Equal(["a: end of lease"], await Written());
    }

    [Fact]
    public async Task Lease_OfAnEntryDroppedFromAFullQueue_EndsAllTheSame()
    {
        Add("a", 17 << 20);
        Add("b", 3);
        _queue.AddRelease("b");

        Assert.Equal([$"a: {17 << 20}", "b: end of lease"], await Written());
    }

    public void Dispose() => _meter.Dispose();

    private void Add(string key, int size) => _queue.Add(new PendingWrite(key, size, bytes =>
    {
        bytes.GetSpan(size);
        bytes.Advance(size);
    }));

    private async Task<List<string>> Written()
    {
        _queue.Complete();
        await _queue.Run();
        return _done;
    }
}
