using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace MedMoE.Mesh.Serving.Tests.Batching;

/// <summary>Time that stands still, and tells when a timer is set and for how long.</summary>
internal sealed class WatchedTime : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _delays = Channel.CreateUnbounded<TimeSpan>();

    /// <summary>The delay that a timer is set to next.</summary>
    public async Task<TimeSpan> NextDelay() => await _delays.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(base.CreateTimer(callback, state, dueTime, period), _delays.Writer);

    private sealed class Timer(ITimer timer, ChannelWriter<TimeSpan> delays) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var changed = timer.Change(dueTime, period);
            delays.TryWrite(dueTime);
            return changed;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
