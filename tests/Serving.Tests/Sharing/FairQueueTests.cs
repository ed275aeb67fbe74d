using MedMoE.Mesh.Serving.Sharing;

namespace MedMoE.Mesh.Serving.Tests.Sharing;

public sealed class FairQueueTests
{
    private readonly FairQueue<string> _queue = new();

    [Fact]
    public void Take_OfOneCaller_IsInTheOrderOfArrival()
    {
        Add("a1", "a2", "a3", "a4");
        Assert.Equal(["a1", "a2", "a3", "a4"], TakeAll());
    }

    /// <summary>However much one of them has waiting.</summary>
    [Fact]
    public void Take_OfTwoCallers_IsInTurns()
    {
        Add("a1", "a2", "a3", "a4", "a5");
        Assert.Equal("a1", Take());
        Add("b1", "b2");
        Assert.Equal(["b1", "a2", "b2", "a3", "a4", "a5"], TakeAll());
    }

    [Fact]
    public void Take_OfACallerThatWasAway_GetsNoMoreThanItsTurn()
    {
        Add("b0");
        Assert.Equal("b0", Take());
        Add("a1", "a2", "a3", "a4");
        Assert.Equal(["a1", "a2"], [Take(), Take()]);
        Add("b1", "b2", "b3");
        Assert.Equal(["b1", "a3", "b2", "a4", "b3"], TakeAll());
    }

    [Fact]
    public void Take_OfWeightedCallers_IsByTheirWeights()
    {
        foreach (var i in Enumerable.Range(1, 6))
        {
            _queue.Add($"a{i}", new CallerShare("a", 3));
            _queue.Add($"b{i}", new CallerShare("b"));
        }
        var first = TakeAll()[..8];
        Assert.Equal((6, 2), (first.Count(item => item[0] == 'a'), first.Count(item => item[0] == 'b')));
    }

    [Fact]
    public void Take_OfWorkThatMayBeShed_IsLast()
    {
        _queue.Add("s1", new CallerShare("s", IsSheddable: true));
        Add("a1", "a2");
        _queue.Add("s2", new CallerShare("s", IsSheddable: true));
        Assert.Equal(["a1", "a2", "s1", "s2"], TakeAll());
    }

    [Fact]
    public void Remove_OfOne_LeavesTheOthersOrder()
    {
        Add("a1");
        var second = _queue.Add("a2", new CallerShare("a"));
        Add("a3");
        Assert.True(_queue.Remove(second));
        Assert.False(_queue.Remove(second));
        Assert.Equal(["a1", "a3"], TakeAll());
    }

    [Fact]
    public void Victims_AreTheLastOfWhomHasMore()
    {
        Add("a1", "a2", "a3", "a4", "b1");
        Assert.Equal("a4", Victims(new CallerShare("c"), 1));
        Assert.Equal("a4 a3", Victims(new CallerShare("c"), 2));
        // Then a would have fewer than c.
        Assert.Equal("none", Victims(new CallerShare("c"), 3));
        Assert.Equal("a4 a3 a2", Victims(new CallerShare("c", 3), 3));
        Assert.Equal("none", Victims(new CallerShare("a"), 1));
        Assert.Equal("a4", Victims(new CallerShare("b"), 1));
    }

    [Fact]
    public void Victims_OfWorkThatMayBeShed_AreOnlyOfItsKind()
    {
        Add("a1", "a2", "a3");
        Assert.Equal("none", Victims(new CallerShare("s", IsSheddable: true), 1));
        _queue.Add("s1", new CallerShare("s", IsSheddable: true));
        Assert.Equal("s1", Victims(new CallerShare("a"), 1));
        Assert.Equal("s1 a3", Victims(new CallerShare("b"), 2));
    }

    [Theory]
    [InlineData("0a1b;1;normal", "0a1b", 1, false)]
    [InlineData("0a1b;20;sheddable", "0a1b", 20, true)]
    public void Parse_OfTheHeader_IsWhatWasWritten(string text, string caller, int weight, bool isSheddable)
    {
        var share = CallerShare.Parse(text);
        Assert.Equal(new CallerShare(caller, weight, isSheddable), share);
        Assert.Equal(text, share!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a;0;normal")]
    [InlineData("a;-1;normal")]
    [InlineData("a;1;high")]
    [InlineData(";1;normal")]
    [InlineData("a;1;normal;b")]
    public void Parse_OfAnythingElse_IsNone(string text) => Assert.Null(CallerShare.Parse(text));

    private void Add(params string[] items)
    {
        foreach (var item in items)
        {
            _queue.Add(item, new CallerShare(item[..1]));
        }
    }

    private string Take()
    {
        var next = _queue.First!;
        _queue.Take(next);
        return next.Item;
    }

    private string[] TakeAll()
    {
        var all = new List<string>();
        while (_queue.Count > 0)
        {
            all.Add(Take());
        }
        return [.. all];
    }

    /// <summary>In one line; "none" if there are not enough.</summary>
    private string Victims(CallerShare newcomer, int count) =>
        _queue.VictimsFor(newcomer, count) is { } victims ? string.Join(' ', victims.Select(node => node.Item)) : "none";
}
