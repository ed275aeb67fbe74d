using MedMoE.Mesh.LoadTester.Configuration;

namespace MedMoE.Mesh.LoadTester.Schedules;

/// <summary>Evaluates a <see cref="Schedule"/> over time.</summary>
internal static class Arrivals
{
    /// <summary>The value at a time, as in ghz's pacers (ghz, load/pacer.go).</summary>
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

    /// <summary>Intended starts of calls, for a schedule of calls per second: endless unless the rate falls to zero for good.</summary>
    public static IEnumerable<TimeSpan> Times(this Schedule schedule)
    {
        // In ticks, so that steps end exactly.
        var time = 0.0;
        while (true)
        {
            yield return TimeSpan.FromTicks((long)time);
            // Advance by one call, at the rates of the steps in between.
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

    /// <summary>The next time, in ticks, at which the value may change.</summary>
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
