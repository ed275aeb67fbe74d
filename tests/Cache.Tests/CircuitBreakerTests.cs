using Microsoft.Extensions.Time.Testing;

namespace MedMoE.Mesh.Cache.Tests;

public sealed class CircuitBreakerTests
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _lines = [];
    private readonly CircuitBreaker _breaker;

    public CircuitBreakerTests() => _breaker = new CircuitBreaker(_pause, _time, _lines.Add, () => _lines.Add("healed"));

    [Fact]
    public void SlowAnswers_InABusyMoment_AreNoOutage()
    {
        // Ten timeouts at the same time, then one success, repeatedly: as caused by a garbage collection or a busy core.
        for (var moment = 0; moment < 100; moment++)
        {
            for (var call = 0; call < 10; call++)
            {
                _breaker.TimedOut("slow");
            }
            _time.Advance(_pause / 2);
            _breaker.Succeeded();
            _time.Advance(_pause);
        }
        Assert.False(_breaker.IsOpen);
        Assert.Empty(_lines);
    }

    [Fact]
    public void SlowAnswers_ForAsLongAsAPause_AreOne()
    {
        _breaker.TimedOut("slow");
        _time.Advance(_pause);
        _breaker.TimedOut("slow");
        Assert.False(_breaker.IsOpen);
        _breaker.TimedOut("slow");
        Assert.True(_breaker.IsOpen);
        Assert.Equal(["slow"], _lines);
    }

    [Fact]
    public void Pause_Over_OneMoreTrialThatFailsPausesAgainInSilence()
    {
        _breaker.Failed("refused");
        Assert.True(_breaker.IsOpen);
        for (var trial = 0; trial < 20; trial++)
        {
            _time.Advance(_pause);
            Assert.False(_breaker.IsOpen);
            _breaker.TimedOut("slow");
            Assert.True(_breaker.IsOpen);
        }
        Assert.Equal(["refused"], _lines);
    }

    [Fact]
    public void Trouble_ThatComesAndGoes_IsOneUntilNothingFailsForTenPauses()
    {
        for (var time = 0; time < 20; time++)
        {
            _breaker.Failed("full");
            _time.Advance(5 * _pause);
            _breaker.Succeeded();
        }
        Assert.Equal(["full"], _lines);
        _time.Advance(5 * _pause);
        _breaker.Succeeded();
        Assert.Equal(["full", "healed"], _lines);
        _breaker.Failed("full again");
        Assert.Equal(["full", "healed", "full again"], _lines);
    }
}
