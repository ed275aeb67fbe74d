using MedMoE.Mesh.Expert;
using MedMoE.Mesh.Serving.Batching;
using MedMoE.Mesh.Serving.Sharing;
using Microsoft.Extensions.Time.Testing;

namespace MedMoE.Mesh.Services.Tests.Expert;

public sealed class OpenCallsTests : IDisposable
{
    private readonly BatcherMetrics _metrics = new("test");
    private readonly FakeTimeProvider _time = new();
    private readonly OpenCalls _calls;
    private readonly List<Holding> _evicted = [];

    public OpenCallsTests() => _calls = new OpenCalls(maxPlaces: 2, maxBytes: 100, TimeSpan.FromMilliseconds(40), _metrics, _time);

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Take_AllPlacesTaken_IsRefused()
    {
        _calls.Take(Call(), places: 1, bytes: 0);
        _calls.Take(Call(), places: 1, bytes: 0);
        var e = Assert.Throws<QueueFullException>(() => _calls.Take(Call(), places: 1, bytes: 0));
        Assert.Equal("the queue of 2 requests is full; try again in 40 ms", e.Message);
        // A call without a level needs no slot.
        _calls.Take(Call(), places: 0, bytes: 100);
    }

    [Fact]
    public void Take_BytesTaken_IsRefused()
    {
        _calls.Take(Call(), places: 0, bytes: 60);
        var e = Assert.Throws<QueueFullException>(() => _calls.Take(Call(), places: 1, bytes: 41));
        Assert.Equal("open calls hold 60 bytes, the limit is 100 (Expert:MaxCallBytes); try again in 40 ms", e.Message);
        _calls.Take(Call(), places: 1, bytes: 40);
    }

    [Fact]
    public void Take_WaitingCalls_AreEvictedLongestFirstAfterTheGrace()
    {
        var (first, second) = (Call(), Call());
        _calls.Take(first, places: 1, bytes: 0);
        _calls.Take(second, places: 1, bytes: 0);
        _calls.BeginWait(first);
        _time.Advance(TimeSpan.FromSeconds(1.9));
        _calls.BeginWait(second);
        Assert.Throws<QueueFullException>(() => _calls.Take(Call(), places: 1, bytes: 0));

        _time.Advance(TimeSpan.FromSeconds(0.1));
        _calls.Take(Call(), places: 1, bytes: 0);

        Assert.Equal([first], _evicted);
        Assert.Throws<QueueFullException>(() => _calls.EndWait(first));
        Assert.Throws<QueueFullException>(() => _calls.Take(Call(), places: 1, bytes: 0));
        _calls.EndWait(second);
        // A call that is working is never ended for another.
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Throws<QueueFullException>(() => _calls.Take(Call(), places: 1, bytes: 0));
    }

    [Fact]
    public void Release_OfACall_GivesBackAllOfItOnce()
    {
        var call = Call();
        _calls.Take(call, places: 0, bytes: 10);
        _calls.Take(call, places: 1, bytes: 90);
        _calls.BeginWait(call);
        _calls.Release(call);
        _calls.Release(call);
        _calls.Take(Call(), places: 2, bytes: 100);
        Assert.Throws<QueueFullException>(() => _calls.Take(Call(), places: 1, bytes: 0));
        Assert.Empty(_evicted);
    }

    [Fact]
    public void Take_AllPlacesOfAnotherCaller_EndsTheLastOfIts()
    {
        var (greedy, modest) = (new CallerShare("greedy"), new CallerShare("modest"));
        var (first, second) = (Call(greedy), Call(greedy));
        _calls.Take(first, places: 1, bytes: 0);
        _calls.Take(second, places: 1, bytes: 0);

        _calls.Take(Call(modest), places: 1, bytes: 0);

        Assert.Equal([second], _evicted);
        Assert.Equal(
            "the queue of 2 requests is full; try again in 40 ms", Assert.Throws<QueueFullException>(() => _calls.BeginWait(second)).Message);
        // Both have one now.
        Assert.Throws<QueueFullException>(() => _calls.Take(Call(greedy), places: 1, bytes: 0));
        Assert.Throws<QueueFullException>(() => _calls.Take(Call(modest), places: 1, bytes: 0));
        _calls.Release(second);
        Assert.Throws<QueueFullException>(() => _calls.Take(Call(greedy), places: 1, bytes: 0));
        _calls.BeginWait(first);
    }

    [Fact]
    public void Take_BytesOfAnotherCaller_EndsAsManyOfItsCallsAsAreNeeded()
    {
        var (greedy, modest) = (new CallerShare("greedy"), new CallerShare("modest"));
        Holding[] calls = [.. Enumerable.Range(0, 5).Select(_ => Call(greedy))];
        Array.ForEach(calls, call => _calls.Take(call, places: 0, bytes: 20));

        _calls.Take(Call(modest), places: 0, bytes: 40);

        Assert.Equal([calls[4], calls[3]], _evicted);
        // Then it would have more than the other.
        var e = Assert.Throws<QueueFullException>(() => _calls.Take(Call(modest), places: 0, bytes: 20));
        Assert.Equal("open calls hold 100 bytes, the limit is 100 (Expert:MaxCallBytes); try again in 40 ms", e.Message);
        // It is worth twice as much.
        _calls.Take(Call(modest with { Weight = 2 }), places: 0, bytes: 20);
        Assert.Equal([calls[4], calls[3], calls[2]], _evicted);
    }

    private Holding Call(CallerShare? share = null)
    {
        Holding call = null!;
        call = new Holding { Share = share ?? CallerShare.Nobody, Evict = () => _evicted.Add(call) };
        return call;
    }
}
