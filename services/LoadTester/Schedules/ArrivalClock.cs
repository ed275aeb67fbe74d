using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using MedMoE.Mesh.LoadTester.Configuration;

namespace MedMoE.Mesh.LoadTester.Schedules;

/// <summary>
/// Tells when the next call is to begin, at that moment, on a thread of its own: timers are a millisecond late, which would count as latency.
/// </summary>
/// <param name="schedule">Calls per second.</param>
/// <param name="limit">Calls at most.</param>
/// <param name="most">Calls begin before this time.</param>
/// <param name="start">A time stamp of <see cref="Stopwatch"/> that times count from.</param>
internal sealed partial class ArrivalClock(Schedule schedule, int limit, TimeSpan most, long start)
{
    /// <summary>Sleeps are short enough to hear of the end.</summary>
    private static readonly TimeSpan _longestSleep = TimeSpan.FromMilliseconds(50);

    /// <summary>Calls by number, each with the time at which it was meant to begin, until the schedule, the limit or the token ends them.</summary>
    public async IAsyncEnumerable<(int Number, TimeSpan Intended)> Run([EnumeratorCancellation] CancellationToken ending)
    {
        var due = Channel.CreateUnbounded<(int, TimeSpan)>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        new Thread(() => Tick(due.Writer, ending)) { IsBackground = true, Name = "arrivals" }.Start();
        // Those that are due are handed out even when the end has come: they were meant to begin before it.
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
