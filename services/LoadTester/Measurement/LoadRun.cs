using System.Diagnostics;
using System.Threading.Channels;
using Grpc.Core;
using MedMoE.Mesh.LoadTester.Calls;
using MedMoE.Mesh.LoadTester.Configuration;
using MedMoE.Mesh.LoadTester.Schedules;

namespace MedMoE.Mesh.LoadTester.Measurement;

/// <summary>Why a run ended, in ghz's words.</summary>
internal enum EndReason
{
    Normal,
    Timeout,
    Cancel,
}

/// <summary>
/// Makes the calls of a <see cref="LoadConfig"/>. In a closed loop a call begins when a worker is free. Where there is a rate, each call has a time
/// at which it is meant to begin, and its latency counts from then, whether it could begin then or not: a service that stalls is charged
/// with every call that should have come meanwhile (no coordinated omission). In an open loop nothing keeps a call from beginning.
/// </summary>
internal sealed class LoadRun(LoadConfig config, MeshMethod method, IReadOnlyList<byte[]> messages, ExpectedAnswers? expected, Recorder recorder)
{
    private readonly CancellationTokenSource _breakOff = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Metadata _headers = config.Headers;
    private int _begun;

    /// <summary>Whether calls that this broke off do not count.</summary>
    private volatile bool _forgetsBroken;

    private TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    private TimeSpan? Most => config.Duration ?? config.MaxDuration;

    /// <summary>Runs to its end, or until told to stop; returns when no call is under way.</summary>
    public async Task<(EndReason Reason, TimeSpan Total)> Run(IReadOnlyList<CallInvoker> invokers, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (Most is { } most)
        {
            ending.CancelAfter(most);
        }
        using var onEnd = ending.Token.Register(() =>
        {
            _forgetsBroken |= config.DurationStop == DurationStop.Ignore;
            if (config.DurationStop != DurationStop.Wait)
            {
                _breakOff.Cancel();
            }
        });
        // Callbacks run last in, first out: this one before that.
        using var onStop = stop.Register(() =>
        {
            _forgetsBroken = true;
            _breakOff.Cancel();
        });
        if (config.Async)
        {
            await OpenLoop(invokers, ending.Token);
        }
        else
        {
            await ClosedLoop(invokers, ending.Token);
        }
        var reason = stop.IsCancellationRequested ? EndReason.Cancel
            : ending.IsCancellationRequested && config.Duration is null ? EndReason.Timeout
            : EndReason.Normal;
        return (reason, Elapsed);
    }

    private async Task OpenLoop(IReadOnlyList<CallInvoker> invokers, CancellationToken ending)
    {
        var running = new List<Task>();
        await foreach (var (number, intended) in new ArrivalClock(config.Load, Limit, Most ?? TimeSpan.MaxValue, _start).Run(ending))
        {
            running.Add(Call(invokers[number % invokers.Count], number, intended));
            if (running.Count % 1024 == 0)
            {
                running.RemoveAll(call => call.IsCompletedSuccessfully);
            }
        }
        await Task.WhenAll(running);
    }

    private async Task ClosedLoop(IReadOnlyList<CallInvoker> invokers, CancellationToken ending)
    {
        // With a rate, calls wait here for a worker.
        ChannelReader<(int, TimeSpan)>? arrivals = null;
        var filling = Task.CompletedTask;
        if (config.Load is not { Kind: ScheduleKind.Const, Start: 0 })
        {
            var queue = Channel.CreateUnbounded<(int, TimeSpan)>();
            filling = Fill(queue.Writer, ending);
            arrivals = queue.Reader;
        }
        var workers = new List<(Task Work, CancellationTokenSource Stop)>();
        var all = new List<Task>();
        foreach (var (at, count) in Changes())
        {
            if (at > Elapsed && all.Count > 0)
            {
                await Task.WhenAny(Task.WhenAll(all), Task.Delay(at - Elapsed, ending));
                if (ending.IsCancellationRequested || all.TrueForAll(w => w.IsCompleted))
                {
                    break;
                }
            }
            while (workers.Count < count)
            {
                var stop = new CancellationTokenSource();
                workers.Add((Work(invokers[workers.Count % invokers.Count], arrivals, stop.Token, ending), stop));
                all.Add(workers[^1].Work);
            }
            while (workers.Count > count)
            {
                // It ends with its call.
                await workers[^1].Stop.CancelAsync();
                workers.RemoveAt(workers.Count - 1);
            }
        }
        await Task.WhenAll([filling, .. all]);
    }

    /// <summary>How many workers there are, from when on.</summary>
    private IEnumerable<(TimeSpan At, int Workers)> Changes()
    {
        var schedule = config.Concurrency;
        yield return (TimeSpan.Zero, schedule.At(TimeSpan.Zero));
        if (schedule.Kind == ScheduleKind.Const)
        {
            yield break;
        }
        for (var at = schedule.StepDuration; schedule.MaxDuration == default || at <= schedule.MaxDuration; at += schedule.StepDuration)
        {
            var workers = schedule.At(at);
            yield return (at, workers);
            if (workers == schedule.End && schedule.MaxDuration == default)
            {
                yield break;
            }
        }
    }

    private int Limit => config.Duration is null ? config.Total : int.MaxValue;

    private async Task Fill(ChannelWriter<(int, TimeSpan)> queue, CancellationToken ending)
    {
        await foreach (var arrival in new ArrivalClock(config.Load, Limit, Most ?? TimeSpan.MaxValue, _start).Run(ending))
        {
            queue.TryWrite(arrival);
        }
        queue.Complete();
    }

    private async Task Work(
        CallInvoker invoker, ChannelReader<(int Number, TimeSpan Intended)>? arrivals, CancellationToken stop, CancellationToken ending)
    {
        if (arrivals is null)
        {
            while (!stop.IsCancellationRequested && !ending.IsCancellationRequested
                && Interlocked.Increment(ref _begun) - 1 is var number && number < Limit)
            {
                await Call(invoker, number, Elapsed);
            }
            return;
        }
        // To the last one: what was meant to begin before the end is not forgotten.
        while (!stop.IsCancellationRequested && await arrivals.WaitToReadAsync(CancellationToken.None))
        {
            if (arrivals.TryRead(out var arrival))
            {
                await Call(invoker, arrival.Number, arrival.Intended);
            }
        }
    }

    private async Task Call(CallInvoker invoker, int number, TimeSpan intended)
    {
        // The next call must not wait until this one has been written.
        await Task.Yield();
        var (status, error, answers) = (StatusCode.OK, (string?)null, (IReadOnlyList<byte[]>)[]);
        var own = method.Descriptor.IsClientStreaming ? messages : [messages[number % messages.Count]];
        try
        {
            answers = await method.Call(invoker, own, new CallOptions(
                _headers, config.Timeout > TimeSpan.Zero ? DateTime.UtcNow + config.Timeout : null, _breakOff.Token));
        }
        catch (RpcException e)
        {
            (status, error) = (e.StatusCode, $"rpc error: code = {e.StatusCode} desc = {e.Status.Detail}");
        }
        catch (OperationCanceledException)
        {
            (status, error) = (StatusCode.Cancelled, "broken off");
        }
        var latency = Elapsed - intended;
        if (_forgetsBroken && status == StatusCode.Cancelled)
        {
            return;
        }
        // Held against what is expected when its time is taken: that is not the service's.
        error ??= expected?.Fault(number, answers);
        recorder.Ended(latency, status, error);
    }
}
