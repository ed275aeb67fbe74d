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
/// Makes the calls of a <see cref="LoadConfig"/>. In a closed loop a call starts when a worker is free. With a rate, each call has an intended start,
/// and its latency counts from there even if it started later: a service that stalls is charged with all calls that should have started meanwhile (no
/// coordinated omission). In an open loop nothing delays a call.
/// </summary>
internal sealed class LoadRun(LoadConfig config, MeshMethod method, IReadOnlyList<byte[]> messages, ExpectedAnswers? expected, Recorder recorder)
{
    private readonly CancellationTokenSource _cancelCalls = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Metadata _headers = config.Headers;
    private int _begun;

    /// <summary>Whether calls that this run cancels are not counted.</summary>
    private volatile bool _ignoresCancelled;

    private TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    private TimeSpan? Most => config.Duration ?? config.MaxDuration;

    /// <summary>Runs to the end, or until <paramref name="stop"/>; returns when no call is running.</summary>
    public async Task<(EndReason Reason, TimeSpan Total)> Run(IReadOnlyList<CallInvoker> invokers, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (Most is { } most)
        {
            ending.CancelAfter(most);
        }
        using var onEnd = ending.Token.Register(() =>
        {
            _ignoresCancelled |= config.DurationStop == DurationStop.Ignore;
            if (config.DurationStop != DurationStop.Wait)
            {
                _cancelCalls.Cancel();
            }
        });
        // Callbacks run in reverse order of registration: this one before the one above.
        using var onStop = stop.Register(() =>
        {
            _ignoresCancelled = true;
            _cancelCalls.Cancel();
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
        // With a rate, calls that are due wait here for a worker.
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
                // The worker ends after its current call.
                await workers[^1].Stop.CancelAsync();
                workers.RemoveAt(workers.Count - 1);
            }
        }
        await Task.WhenAll([filling, .. all]);
    }

    /// <summary>The number of workers, and the time from which it is valid.</summary>
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
        // Until the queue is empty: calls that were due before the end are still made.
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
        // Yield, so that starting the next call does not wait until this one has been written.
        await Task.Yield();
        var (status, error, answers) = (StatusCode.OK, (string?)null, (IReadOnlyList<byte[]>)[]);
        var own = method.Descriptor.IsClientStreaming ? messages : [messages[number % messages.Count]];
        try
        {
            answers = await method.Call(invoker, own, new CallOptions(
                _headers, config.Timeout > TimeSpan.Zero ? DateTime.UtcNow + config.Timeout : null, _cancelCalls.Token));
        }
        catch (RpcException e)
        {
            (status, error) = (e.StatusCode, $"rpc error: code = {e.StatusCode} desc = {e.Status.Detail}");
        }
        catch (OperationCanceledException)
        {
            (status, error) = (StatusCode.Cancelled, "cancelled");
        }
        var latency = Elapsed - intended;
        if (_ignoresCancelled && status == StatusCode.Cancelled)
        {
            return;
        }
        // Checked after the time has been taken, so that the check does not count as latency.
        error ??= expected?.Fault(number, answers);
        recorder.Ended(latency, status, error);
    }
}
