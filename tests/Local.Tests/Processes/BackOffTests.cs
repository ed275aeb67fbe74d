using MedMoE.Mesh.Local.Processes;

namespace MedMoE.Mesh.Local.Tests.Processes;

public sealed class BackOffTests
{
    [Fact]
    public void Next_ShortLives_DoublesUpToAHalfMinuteUntilOneWasLong()
    {
        var backOff = new BackOff();
        TimeSpan At(double lived) => backOff.Next(TimeSpan.FromSeconds(lived), cleanly: false);

        Assert.Equal([0.5, 1, 2, 4, 8, 16, 30, 30], Enumerable.Range(0, 8).Select(_ => At(9).TotalSeconds));
        Assert.Equal([0, 0.5, 1], new[] { At(10), At(1), At(1) }.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public void Next_EndedCleanly_StartsAtOnceAndAfresh()
    {
        var backOff = new BackOff();
        TimeSpan At(bool cleanly) => backOff.Next(TimeSpan.FromSeconds(5), cleanly);

        Assert.Equal([0.5, 1, 0, 0, 0.5], new[] { false, false, true, true, false }.Select(cleanly => At(cleanly).TotalSeconds));
    }
}
