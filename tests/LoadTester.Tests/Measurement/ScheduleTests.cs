using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.LoadTester.Schedules;

namespace MedMoE.Mesh.LoadTester.Tests.Measurement;

public sealed class ScheduleTests
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Times_OfAConstantRate_AreEven() =>
        Assert.Equal([0, 250, 500, 750, 1000], new Schedule(4).Times().Take(5).Select(t => t.TotalMilliseconds));

    [Fact]
    public void Times_OfALine_AreDenserEverySecond()
    {
        // Two calls in the first second, three in the next, four in the one after, and so on.
        var times = new Schedule(2, ScheduleKind.Line, 1, 4, _second).Times().Take(20).ToArray();
        Assert.Equal([2, 3, 4, 4, 4], times.GroupBy(t => (int)t.TotalSeconds).Take(5).Select(g => g.Count()));
        Assert.Equal(times.Order(), times);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(4.9, 10)]
    [InlineData(5, 15)]
    [InlineData(10, 20)]
    [InlineData(100, 20)]
    public void At_OfSteps_RisesToItsEnd(double seconds, int expected) =>
        Assert.Equal(expected, new Schedule(10, ScheduleKind.Step, 5, 20, 5 * _second).At(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, 10)]
    [InlineData(7, 20)]
    [InlineData(11, 25)]
    [InlineData(100, 25)]
    public void At_AfterItsTime_StaysWhereItWas(double seconds, int expected) => Assert.Equal(
        expected, new Schedule(10, ScheduleKind.Step, 5, 0, TimeSpan.FromSeconds(3.5), TimeSpan.FromSeconds(12)).At(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Times_OfARateThatFallsToNothing_End() =>
        // Two, then one, then none.
        Assert.Equal([0, 500, 1000, 2000], new Schedule(2, ScheduleKind.Line, -1, 0, _second).Times().Select(t => Math.Round(t.TotalMilliseconds)));

    [Fact]
    public void Times_OfARateNoOneReaches_AreExact()
    {
        // A step may end between two calls: the remaining wait for the next call uses the new rate.
        var times = new Schedule(1, ScheduleKind.Step, 9, 10, TimeSpan.FromSeconds(0.5)).Times().Take(4).Select(t => t.TotalMilliseconds).ToArray();
        Assert.Equal([0, 550, 650, 750], times.Select(t => Math.Round(t, 3)));
    }
}
