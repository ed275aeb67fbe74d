using MedMoE.Mesh.LoadTester.Configuration;

namespace MedMoE.Mesh.LoadTester.Schedules;

/// <summary>How a <see cref="Schedule"/> runs in time.</summary>
internal static class Arrivals
{
    /// <summary>Its value after a time, as ghz's pacers have it (ghz, load/pacer.go).</summary>
    public static int At(this Schedule schedule, TimeSpan elapsed)
    {
        if (schedule.Kind == ScheduleKind.Const)
        {
            return schedule.Start;
        }
        var ended = schedule.MaxDuration > TimeSpan.Zero && elapsed >= schedule.MaxDuration;
        if (ended && schedule.End > 0)
        {
            return schedule.End;
        }
        var steps = (ended ? schedule.MaxDuration : elapsed).Ticks / schedule.StepDuration.Ticks;
        var value = Math.Clamp(schedule.Start + (schedule.Step * steps), 0, int.MaxValue);
        return (int)(schedule.End == 0 ? value : schedule.Step > 0 ? Math.Min(value, schedule.End) : Math.Max(value, schedule.End));
    }

    /// <summary>When calls are meant to begin, for a schedule of calls per second: without end unless its rate falls to zero for good.</summary>
    public static IEnumerable<TimeSpan> Times(this Schedule schedule)
    {
        // In ticks: steps then end where they should, to the tick.
        var time = 0.0;
        while (true)
        {
            yield return TimeSpan.FromTicks((long)time);
            // One call more, at the rates of the steps it takes to come to it.
            for (var left = 1.0; left > 0;)
            {
                var rate = schedule.At(TimeSpan.FromTicks((long)time)) / (double)TimeSpan.TicksPerSecond;
                var next = NextChange(schedule, time);
                if (rate == 0 && double.IsPositiveInfinity(next))
                {
                    yield break;
                }
                var until = rate == 0 ? double.PositiveInfinity : time + (left / rate);
                left = until <= next ? 0 : left - (rate * (next - time));
                time = Math.Min(until, next);
            }
        }
    }

    /// <summary>When its value may change next, in ticks.</summary>
    private static double NextChange(Schedule schedule, double time)
    {
        var most = schedule.MaxDuration > TimeSpan.Zero ? schedule.MaxDuration.Ticks : double.PositiveInfinity;
        if (schedule.Kind == ScheduleKind.Const || time >= most)
        {
            return double.PositiveInfinity;
        }
        var now = schedule.At(TimeSpan.FromTicks((long)time));
        if (now == 0 || now == schedule.End)
        {
            return most;
        }
        return Math.Min(most, (Math.Floor(time / schedule.StepDuration.Ticks) + 1) * schedule.StepDuration.Ticks);
    }
}
