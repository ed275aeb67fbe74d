using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using MedMoE.Mesh.LoadTester.Configuration;

namespace MedMoE.Mesh.LoadTester.Schedules;

/// <summary>
/// Signals intended starts before <c>most</c>, counted from the timestamp <c>start</c>, on its own thread: timers are a millisecond late, which would
/// count as latency.
/// </summary>
internal sealed partial class ArrivalClock(Schedule schedule, int limit, TimeSpan most, long start)
{
    /// <summary>Short, so that cancellation is noticed soon.</summary>
    private static readonly TimeSpan _longestSleep = TimeSpan.FromMilliseconds(50);

    /// <summary>The number and intended start of each call, until the schedule, the limit or the token ends them.</summary>
    public async IAsyncEnumerable<(int Number, TimeSpan Intended)> Run([EnumeratorCancellation] CancellationToken ending)
    {
        var due = Channel.CreateUnbounded<(int, TimeSpan)>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        new Thread(() => Tick(due.Writer, ending)) { IsBackground = true, Name = "arrivals" }.Start();
        // Calls that are due are returned even after cancellation: they should have started before it.
        await foreach (var arrival in due.Reader.ReadAllAsync(CancellationToken.None))
        {
            yield return arrival;
        }
    }

    private void Tick(ChannelWriter<(int, TimeSpan)> due, CancellationToken ending)
    {
        foreach (var (intended, number) in schedule.Times().TakeWhile(time => time < most).Take(limit).Select((time, number) => (time, number)))
        {
            for (TimeSpan left; !ending.IsCancellationRequested && (left = intended - Stopwatch.GetElapsedTime(start)) > TimeSpan.Zero;)
            {
                Sleep((uint)Math.Min(left.TotalMicroseconds, _longestSleep.TotalMicroseconds));
            }
            if (ending.IsCancellationRequested)
            {
                break;
            }
            due.TryWrite((number, intended));
        }
        due.Complete();
    }

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Sleep(uint microseconds);
}
