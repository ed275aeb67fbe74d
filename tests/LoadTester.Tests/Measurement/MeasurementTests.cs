using System.Collections.Concurrent;
using Grpc.Core;
using MedMoE.Mesh.Client;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.LoadTester.Measurement;
using MedMoE.Mesh.LoadTester.Output;
using MedMoE.Mesh.ServicesUnderTest;
using MedMoE.Mesh.Wire.Transport;

namespace MedMoE.Mesh.LoadTester.Tests.Measurement;

public sealed class MeasurementTests
{
    private static readonly TimeSpan _stall = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Percentiles_OfKnownTimes_AreThose()
    {
        var recorder = new Recorder(skipFirst: 2);
        foreach (var milliseconds in Enumerable.Range(-1, 102).Select(i => Math.Max(0, i)))
        {
            recorder.Ended(TimeSpan.FromMilliseconds(milliseconds), StatusCode.OK, null);
        }
        recorder.Ended(TimeSpan.FromHours(1), StatusCode.Unavailable, "down");
        var config = new LoadConfig { Call = "c", Host = "h", BinaryFile = "f" };
        var report = Report.Of(config, EndReason.Normal, recorder.Sum(TimeSpan.FromSeconds(10)));

        // 1 to 100 ms, to three digits; the failed call counts, but has no latency.
        Assert.Equal((101, 10.1, 1.0), (report.Count, report.Rps, report.Fastest / 1e6));
        Assert.All(report.LatencyDistribution, l => Assert.Equal(l.Percentage, l.Latency / 1e6, 0.1));
        Assert.Equal([("OK", 100L), ("Unavailable", 1L)], report.StatusCodeDistribution.Select(s => (s.Key, s.Value)));
        Assert.Equal(100, report.Histogram.Sum(b => b.Count));
        Assert.Equal(11, report.Histogram.Count);
        Assert.Equal(1, report.Histogram.Sum(b => b.Frequency), 1e-9);
    }

    [Fact]
    public async Task ClosedLoop_CallsAsOftenAsItIsTold()
    {
        await using var service = await FaultyService.Start(_ => Task.FromResult(FaultyService.Serving));
        using var load = new Load(service.Address);
        var measured = await Load.Run(load.Config with { Total = 123, Connections = 2, SkipFirst = 3 });
        Assert.Equal((120, 120), (measured.Count, measured.Statuses["OK"]));
    }

    [Fact]
    public async Task ClosedLoop_HostOfIpv6_IsCalled()
    {
        Assert.SkipUnless(Ipv6.IsThere, Ipv6.Missing);
        await using var service = await FaultyService.Start(_ => Task.FromResult(FaultyService.Serving), "--Serving:Address=::1");
        using var load = new Load(service.Address);
        Assert.StartsWith("[::1]:", load.Config.Host);
        Assert.Equal(200, (await Load.Run(load.Config)).Statuses["OK"]);
    }

    [Fact]
    public async Task ClosedLoop_WithAKey_SendsItOnceWithEachCall()
    {
        var sent = new ConcurrentDictionary<string, int>();
        await using var service = await FaultyService.Start((_, context) =>
        {
            var keys = context.RequestHeaders.Where(header => header.Key == CallerHeaders.Authorization).Select(header => header.Value);
            sent.AddOrUpdate(string.Join("; ", keys), 1, (_, count) => count + 1);
            return Task.FromResult(FaultyService.Serving);
        });
        using var load = new Load(service.Address);
        Assert.Equal(200, (await Load.Run(load.Config with { Connection = new Connection { Key = "secret" } })).Statuses["OK"]);
        Assert.Equal([KeyValuePair.Create("Bearer secret", 200)], sent);
    }

    [Fact]
    public async Task ClosedLoop_NeverHasMoreCallsThanWorkers()
    {
        var (running, most) = (0, 0);
        var two = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = await FaultyService.Start(async _ =>
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            if (now == 2)
            {
                two.TrySetResult();
            }
            // There are two workers from the start: the first call waits for the second, even if connecting is slow.
            await two.Task.WaitAsync(_patience);
            Interlocked.Decrement(ref running);
            return FaultyService.Serving;
        });
        using var load = new Load(service.Address);
        await Load.Run(load.Config with
        {
            Concurrency = new Schedule(1, ScheduleKind.Step, 2, 5, TimeSpan.FromMilliseconds(50)),
            Duration = TimeSpan.FromMilliseconds(500),
            DurationStop = DurationStop.Wait,
        });
        Assert.InRange(most, 2, 5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stall_IsChargedToEveryCallThatShouldHaveCome(bool open)
    {
        await using var service = await Stalling();
        using var load = new Load(service.Address);
        var measured = await Load.Run(load.Config with { Async = open, Load = new Schedule(200), Concurrency = new Schedule(2), Total = 300 });

        // 80 of 300 calls were due during the stall; none is lost, and on average they waited for half of it.
        Assert.Equal(300, measured.Statuses["OK"]);
        Assert.InRange(measured.Latencies.GetValueAtPercentile(90) / 1e3, 0.3 * _stall.TotalMilliseconds, 10 * _stall.TotalMilliseconds);
    }

    /// <summary>Shows why the other tests exist: without a rate, a closed loop hardly sees a stall.</summary>
    [Fact]
    public async Task Stall_WithoutARate_HitsTwoCallsAlone()
    {
        await using var service = await Stalling();
        using var load = new Load(service.Address);
        var measured = await Load.Run(load.Config with { Concurrency = new Schedule(2), Total = 300 });
        Assert.InRange(measured.Latencies.GetValueAtPercentile(90) / 1e3, 0, 0.3 * _stall.TotalMilliseconds);
        Assert.InRange(measured.Latencies.GetValueAtPercentile(100) / 1e3, 0.9 * _stall.TotalMilliseconds, 10 * _stall.TotalMilliseconds);
    }

    [Theory]
    [InlineData("Wait", 4, "OK")]
    [InlineData("Close", 4, "Canceled")]
    [InlineData("Ignore", 0, null)]
    public async Task DurationOver_CallsUnderWay_AreWaitedForCountedOrForgotten(string stop, int count, string? status)
    {
        // Longer than the run's duration.
        await using var service = await FaultyService.Start(async _ =>
        {
            await Task.Delay(_stall);
            return FaultyService.Serving;
        });
        using var load = new Load(service.Address);
        var measured = await Load.Run(load.Config with { Duration = _stall / 2, DurationStop = Enum.Parse<DurationStop>(stop) });
        Assert.Equal(count, measured.Count);
        Assert.Equal(status is null ? [] : [status], measured.Statuses.Keys);
    }

    [Fact]
    public async Task CtrlC_TellsWhatWasMeasuredSoFar()
    {
        // Ctrl-C arrives during the tenth call, which is not answered.
        using var stop = new CancellationTokenSource();
        var over = new TaskCompletionSource();
        await using var service = await FaultyService.Start(async number =>
        {
            if (number == 9)
            {
                await stop.CancelAsync();
                await over.Task;
            }
            return FaultyService.Serving;
        });
        using var load = new Load(service.Address);
        var oneByOne = load.Config with
        {
            Duration = TimeSpan.FromHours(1),
            DurationStop = DurationStop.Wait,
            Concurrency = new Schedule(1),
            Load = new Schedule(100),
        };

        var measured = await Load.Run(oneByOne, stop.Token).WaitAsync(_patience, TestContext.Current.CancellationToken);

        over.SetResult();
        Assert.Equal(9, measured.Count);
        Assert.Equal(["OK"], measured.Statuses.Keys);
    }

    /// <summary>Stops answering for a while, from its tenth call on.</summary>
    private static Task<RunningService> Stalling()
    {
        var stall = new Lazy<Task>(() => Task.Delay(_stall));
        return FaultyService.Start(async number =>
        {
            if (number >= 10)
            {
                await stall.Value;
            }
            return FaultyService.Serving;
        });
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (int seen; (seen = Volatile.Read(ref most)) < value;)
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
