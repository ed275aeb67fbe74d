using Grpc.Core;
using MedMoE.Mesh.Orca;
using MedMoE.Mesh.Serving.Balancing;
using Microsoft.Extensions.Time.Testing;

namespace MedMoE.Mesh.Serving.Tests.Balancing;

public sealed class ReplicaChoiceTests
{
    private static readonly TimeSpan _fast = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(30)]
    [InlineData(120)]
    [InlineData(180)]
    public void EqualReplicas_HaveEqualShares(double callsPerSecond)
    {
        var service = new SimulatedService();
        service.Add(4, _fast);

        Assert.All(service.Run(10 * _minute, callsPerSecond).Shares, share => Assert.InRange(share, 0.9 / 4, 1.1 / 4));
    }

    [Fact]
    public void MoreReplicas_HaveTheirSharesAfterTenSeconds()
    {
        var service = new SimulatedService();
        service.Add(3, _fast);
        service.Run(_minute, 120);
        service.Add(3, _fast);
        service.Run(TimeSpan.FromSeconds(10), 120);

        Assert.All(service.Run(_minute, 120).Shares, share => Assert.InRange(share, 0.9 / 6, 1.1 / 6));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(60)]
    public void SlowReplica_IsSpared_UntilItIsFastAgain(double callsPerSecond)
    {
        var allFast = new SimulatedService();
        allFast.Add(4, _fast);
        var expected = P99(allFast.Run(5 * _minute, callsPerSecond).Took);
        var service = new SimulatedService();
        service.Add(4, _fast);
        service.Run(_minute, callsPerSecond);

        service.Times[0] = 5 * _fast;
        service.Run(TimeSpan.FromSeconds(10), callsPerSecond);
        var (shares, took) = service.Run(5 * _minute, callsPerSecond);
        Assert.InRange(shares[0], 0, 0.01);
        Assert.InRange(P99(took), TimeSpan.Zero, 1.3 * expected);

        service.Times[0] = _fast;
        service.Run(_minute, callsPerSecond);
        Assert.All(service.Run(5 * _minute, callsPerSecond).Shares, share => Assert.InRange(share, 0.85 / 4, 1.15 / 4));
    }

    [Fact]
    public void ReplicasOfTwoSpeeds_ServeByTheirSpeed_WhenAllAreBusy()
    {
        var service = new SimulatedService();
        service.Add(2, _fast);
        service.Add(2, 3 * _fast);

        // The fast ones alone would do 100 calls a second, all of them 133.
        var shares = service.Run(5 * _minute, 125).Shares;

        Assert.All(shares[..2], share => Assert.InRange(share, 0.33, 0.45));
        Assert.All(shares[2..], share => Assert.InRange(share, 0.08, 0.17));
    }

    [Fact]
    public void OfTwo_TheOneWithFewerCalls_IsChosen()
    {
        var (one, other) = (Replica(), Replica());
        one.Began();
        Assert.Equal(1, ReplicaChoice.Of([one, other]));
    }

    [Fact]
    public void OfTwo_TheOneWithLessReportedLoad_IsChosen_UntilTheReportIsOld()
    {
        var (one, other) = (Replica(), Replica());
        one.Reported(new OrcaLoadReport { ApplicationUtilization = 0.9 });
        other.Reported(new OrcaLoadReport { CpuUtilization = 0.2 });
        Assert.Equal(1, ReplicaChoice.Of([one, other]));

        other.Began();
        _time.Advance(_minute);
        Assert.Equal(0, ReplicaChoice.Of([one, other]));
    }

    [Fact]
    public void Replica_ThatFailsAgainAndAgain_IsLeftOut_AndComesBack()
    {
        var (failing, well) = (Replica(), Replica());
        for (var i = 0; i < 4; i++)
        {
            Call(failing).Ended(StatusCode.Internal);
        }
        well.Began();
        Assert.Equal(0, ReplicaChoice.Of([failing, well]));

        Call(failing).Ended(StatusCode.Internal);
        Assert.Equal(1, ReplicaChoice.Of([failing, well]));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, ReplicaChoice.Of([failing, well]));

        // It still fails: left out for twice as long.
        Call(failing).Ended(StatusCode.Internal);
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.Equal(1, ReplicaChoice.Of([failing, well]));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, ReplicaChoice.Of([failing, well]));
    }

    [Fact]
    public void CallsLostTogether_CountOnce_AndManyAbsences_LastNoLongerThanTheLongest()
    {
        var replica = Replica();
        foreach (var seconds in (int[])[10, 20, 40, .. Enumerable.Repeat(80, 100)])
        {
            for (var i = 0; i < 3; i++)
            {
                replica.Lost();
            }
            Assert.Equal(TimeSpan.FromSeconds(seconds), replica.Absence);
            _time.Advance(replica.Absence);
        }

        replica.Answered();
        replica.Lost();
        Assert.Equal(TimeSpan.FromSeconds(10), replica.Absence);
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument, false)]
    [InlineData(StatusCode.ResourceExhausted, false)]
    [InlineData(StatusCode.Cancelled, false)]
    [InlineData(StatusCode.Unavailable, true)]
    public void Failures_OfCallers_OrOfServicesBehind_DoNotCount(StatusCode status, bool isNested)
    {
        var (replica, busy) = (Replica(), Replica());
        busy.Began();
        for (var i = 0; i < 20; i++)
        {
            Call(replica).Ended(status, isNested);
        }
        Assert.Equal((0, 0), (ReplicaChoice.Of([replica, busy]), replica.InFlight));
    }

    [Fact]
    public void AtMostHalf_AreLeftOut_ThoseThatWereLostLast()
    {
        ReplicaLoad[] replicas = [Replica(), Replica(), Replica(), Replica()];
        foreach (var replica in replicas[..3])
        {
            replica.Lost();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([0, 3], Enumerable.Range(0, 100).Select(_ => ReplicaChoice.Of(replicas)).Distinct().Order());
        Assert.Equal(0, ReplicaChoice.Of([replicas[0]]));
    }

    [Fact]
    public void ReplicasThatWereTried_ComeLast()
    {
        var (lost, tried) = (Replica(), Replica());
        lost.Lost();
        Assert.Equal(0, ReplicaChoice.Of([lost, tried], place => place == 1));
        Assert.Equal(1, ReplicaChoice.Of([lost, tried], _ => true));
    }

    private static TimeSpan P99(TimeSpan[] sorted) => sorted[(int)(0.99 * sorted.Length)];

    private ReplicaLoad Replica() => new(_time);

    private MeasuredCall Call(ReplicaLoad replica)
    {
        var call = new MeasuredCall(new MethodPaces(), "/service/method", isTimed: true, _time);
        call.SentTo(replica);
        return call;
    }
}
